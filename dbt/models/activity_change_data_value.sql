{%- do tap_marketo.expect_any(['activity_change_data_value']) -%}
-- Values are written as in the column of the changed field; see history_value.
with changes as (
{{ tap_marketo.view_of(
    'activity_change_data_value',
    tap_marketo.activity_columns()
    ~ ' api_method_name:text modifying_user:text new_value:text old_value:text reason:text'
    ~ ' request_id:text source:text',
    tap_marketo.activity_made(),
) }}
),

fields as (
{{ tap_marketo.view_of('lead_describe', 'id:int data_type:text') }}
)

select
{%- for name in [
    'id', 'lead_id', 'activity_date', 'activity_type_id', 'campaign_id', 'primary_attribute_value',
    'primary_attribute_value_id', 'action_result', 'api_method_name', 'modifying_user', 'reason',
    'request_id', 'source', '_fivetran_synced',
] %}
    changes.{{ tap_marketo.alias(name) }},
{%- endfor %}
    {{ tap_marketo.history_value('changes.new_value', 'fields.data_type') }} as {{ tap_marketo.alias('new_value') }},
    {{ tap_marketo.history_value('changes.old_value', 'fields.data_type') }} as {{ tap_marketo.alias('old_value') }}
from changes
left join fields on changes.primary_attribute_value_id = fields.id
