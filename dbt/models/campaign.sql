-- Smart campaigns as assets, with what only the lead database's list of them tells.
with smart as (
{{ tap_marketo.view_of(
    'smart_campaigns',
    'id:int name:text description:text type:text status:text parent_program_id:int created_at:time'
    ~ ' updated_at:time workspace:text computed_url:text flow_id:int folder_id:int folder_type:text'
    ~ ' is_active:bool is_system:bool is_requestable:bool is_communication_limit_enabled:bool'
    ~ ' max_members:int smart_list_id:int qualification_rule_type:text'
    ~ ' qualification_rule_interval:int qualification_rule_unit:text recurrence_start_at:time'
    ~ ' recurrence_end_at:time recurrence_interval_type:text recurrence_interval:int'
    ~ ' recurrence_weekday_only:bool recurrence_weekday_mask:text recurrence_day_of_month:int'
    ~ ' recurrence_day_of_week:text recurrence_week_of_month:text',
    {
        'folder_id': ('folder', tap_marketo.folder_id()),
        'folder_type': ('folder', tap_marketo.property('folder', 'type')),
        'recurrence_start_at': ('recurrence', tap_marketo.property('recurrence', 'startAt')),
        'recurrence_end_at': ('recurrence', tap_marketo.property('recurrence', 'endAt')),
        'recurrence_interval_type':
            ('recurrence', tap_marketo.property('recurrence', 'intervalType')),
        'recurrence_interval': ('recurrence', tap_marketo.property('recurrence', 'interval')),
        'recurrence_weekday_only':
            ('recurrence', tap_marketo.property('recurrence', 'weekdayOnly')),
        'recurrence_weekday_mask':
            ('recurrence', tap_marketo.property('recurrence', 'weekdayMask')),
        'recurrence_day_of_month': ('recurrence', tap_marketo.property('recurrence', 'dayOfMonth')),
        'recurrence_day_of_week': ('recurrence', tap_marketo.property('recurrence', 'dayOfWeek')),
        'recurrence_week_of_month':
            ('recurrence', tap_marketo.property('recurrence', 'weekOfMonth')),
    },
) }}
),

listed as (
{{ tap_marketo.view_of(
    'campaigns', 'id:int active:bool program_id:int program_name:text workspace_name:text'
) }}
)

select
    smart.*,
    coalesce(listed.active, smart.is_active) as active,
    coalesce(listed.program_id, smart.parent_program_id) as program_id,
    listed.program_name,
    coalesce(listed.workspace_name, smart.workspace) as workspace_name,
    false as _fivetran_deleted
from smart
left join listed on smart.id = listed.id
