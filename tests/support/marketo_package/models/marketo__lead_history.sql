-- Each lead on each day since it was created: values at the end of the day.
{{ config(
    materialized='incremental',
    unique_key='lead_day',
    incremental_strategy='delete+insert' if target.type == 'postgres' else 'merge',
) }}
{%- set changed = adapter.get_columns_in_relation(ref('marketo__changes')) | map(attribute='name') | list -%}
{%- set columns = [] -%}
{%- for column in adapter.get_columns_in_relation(source('marketo', 'lead'))
    if column.name in var('lead_history_columns') -%}
  {%- do columns.append(column) -%}
{%- endfor %}
with days as (
    select cast(day as date) as day
    from generate_series(
        (select cast(min(created_at) as date) from {{ source('marketo', 'lead') }}),
        cast('{{ env_var("TODAY") }}' as date),
        interval '1 day'
    ) as series(day)
),

joined as (
    select
        leads.id as lead_id, days.day
        {%- for column in columns %},
        leads.{{ column.name }} as now_{{ loop.index }}
        {%- if column.name in changed %},
        changes.{{ column.name }} as old_{{ loop.index }},
        sum(coalesce(changes.{{ column.name }}_changed, 0)) over (
            partition by leads.id order by days.day desc
        ) as step_{{ loop.index }}
        {%- endif %}
        {%- endfor %}
    from {{ source('marketo', 'lead') }} as leads
    inner join days on days.day >= cast(leads.created_at as date)
    left join {{ ref('marketo__changes') }} as changes
        on leads.id = changes.lead_id and days.day = changes.day
)

select
    lead_id, day, lead_id || ' ' || day as lead_day
    {%- for column in columns %},
    {%- if column.name in changed %}
    case when step_{{ loop.index }} = 0 then now_{{ loop.index }} else cast(
        first_value(old_{{ loop.index }}) over (
            partition by lead_id, step_{{ loop.index }} order by day desc
        ) as {{ column.data_type }}
    ) end
    {%- else %}
    now_{{ loop.index }}
    {%- endif %} as {{ column.name }}
    {%- endfor %}
from joined
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
