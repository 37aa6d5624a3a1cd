{{ tap_marketo.activity(
    'activity_merge_leads',
    'master_updated:bool merge_ids:text merge_source:text merged_in_sales:bool',
) }}
