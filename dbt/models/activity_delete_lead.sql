{{ tap_marketo.activity(
    'deleted_leads',
    'campaign:text',
    {'campaign': ('attributes', tap_marketo.attribute('attributes', 'Campaign'))},
) }}
