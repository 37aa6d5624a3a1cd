{{ tap_marketo.activity(
    'activity_unsubscribe_email',
    'campaign_run_id:int test_variant:int email_template_id:int client_ip_address:text'
    ~ ' form_fields:text query_parameters:text referrer_url:text user_agent:text'
    ~ ' webform_id:int webpage_id:int',
) }}
