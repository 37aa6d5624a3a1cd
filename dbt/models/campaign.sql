-- Smart campaigns from the asset API, with columns that only campaigns of the lead database has.
{%- do tap_marketo.expect_any(['smart_campaigns', 'campaigns']) -%}
{%- set has_assets = tap_marketo.loaded('smart_campaigns') is not none -%}
{%- set recurrence = {
    'start_at': 'startAt', 'end_at': 'endAt', 'interval_type': 'intervalType',
    'interval': 'interval', 'weekday_only': 'weekdayOnly', 'weekday_mask': 'weekdayMask',
    'day_of_month': 'dayOfMonth', 'day_of_week': 'dayOfWeek', 'week_of_month': 'weekOfMonth',
} -%}
{%- set made = {
    'folder_id': {'of': 'folder', 'property': ['value', 'id']},
    'folder_type': {'of': 'folder', 'property': 'type'},
} -%}
{%- for name, property in recurrence.items() -%}
  {%- do made.update({'recurrence_' ~ name: {'of': 'recurrence', 'property': property}}) -%}
{%- endfor %}

with listed as (
{{ tap_marketo.view_of(
    'campaigns', 'id:int name:text description:text type:text active:bool program_id:int'
    ~ ' program_name:text workspace_name:text created_at:time updated_at:time'
) }}
),

smart as (
{{ tap_marketo.view_of(
    'smart_campaigns',
    'id:int name:text description:text type:text status:text parent_program_id:int created_at:time'
    ~ ' updated_at:time workspace:text computed_url:text flow_id:int folder_id:int folder_type:text'
    ~ ' is_active:bool is_system:bool is_requestable:bool is_communication_limit_enabled:bool'
    ~ ' max_members:int smart_list_id:int qualification_rule_type:text'
    ~ ' qualification_rule_interval:int qualification_rule_unit:text recurrence_start_at:time'
    ~ ' recurrence_end_at:time recurrence_interval_type:text recurrence_interval:int'
    ~ ' recurrence_weekday_only:bool recurrence_weekday_mask:text recurrence_day_of_month:int'
    ~ ' recurrence_day_of_week:text recurrence_week_of_month:int',
    made,
) }}
)

select
{%- for name in ['id', 'name', 'description', 'type', 'created_at', 'updated_at', '_fivetran_synced'] %}
    {{ 'smart' if has_assets else 'listed' }}.{{ tap_marketo.alias(name) }},
{%- endfor %}
{%- for name in [
    'status', 'parent_program_id', 'workspace', 'computed_url', 'flow_id', 'folder_id',
    'folder_type', 'is_active', 'is_system', 'is_requestable', 'is_communication_limit_enabled',
    'max_members', 'smart_list_id', 'qualification_rule_type', 'qualification_rule_interval',
    'qualification_rule_unit', 'recurrence_start_at', 'recurrence_end_at',
    'recurrence_interval_type', 'recurrence_interval', 'recurrence_weekday_only',
    'recurrence_weekday_mask', 'recurrence_day_of_month', 'recurrence_day_of_week',
    'recurrence_week_of_month',
] %}
    smart.{{ tap_marketo.alias(name) }},
{%- endfor %}
    coalesce(listed.active, smart.is_active) as {{ tap_marketo.alias('active') }},
    coalesce(listed.program_id, smart.parent_program_id) as {{ tap_marketo.alias('program_id') }},
    listed.program_name as {{ tap_marketo.alias('program_name') }},
    coalesce(listed.workspace_name, smart.workspace) as {{ tap_marketo.alias('workspace_name') }},
    false as {{ tap_marketo.alias('_fivetran_deleted') }}
from {{ 'smart left join listed' if has_assets else 'listed left join smart' }} on smart.id = listed.id
