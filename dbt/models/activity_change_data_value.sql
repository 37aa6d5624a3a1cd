{{ tap_marketo.activity(
    'activity_change_data_value',
    'api_method_name:text modifying_user:text new_value:text old_value:text reason:text'
    ~ ' request_id:text source:text',
) }}
