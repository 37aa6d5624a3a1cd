{{ tap_marketo.activity(
    'activity_email_bounced',
    'campaign_run_id:int choice_number:int step_id:int test_variant:int email_template_id:int'
    ~ ' category:int subcategory:int details:text email:text',
) }}
