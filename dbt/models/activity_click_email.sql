{{ tap_marketo.activity(
    'activity_click_email',
    'campaign_run_id:int choice_number:int step_id:int test_variant:int email_template_id:int'
    ~ ' device:text platform:text user_agent:text is_mobile_device:bool link:text link_id:text',
) }}
