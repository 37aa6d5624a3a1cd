-- A row for each deleted or merged lead, so models that read deletions from here count both.
select
    {{ tap_marketo.alias('id') }}, {{ tap_marketo.alias('lead_id') }},
    gone_at as {{ tap_marketo.alias('activity_date') }},
{%- for name in [
    'activity_type_id', 'campaign_id', 'primary_attribute_value', 'primary_attribute_value_id',
    'action_result', 'campaign', 'reason', 'merged_into_lead_id', '_fivetran_synced',
] %}
    {{ tap_marketo.alias(name) }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('gone_leads') }}
