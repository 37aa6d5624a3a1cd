{#-
  A lead is gone after its last deletion or merge, unless it was restored: its updated_at is later,
  or the loader has written it since. _sdc_deleted_at of capture_deletes is always right: the tap
  sets it to null when the lead is restored.
-#}
{%- set marks = '_sdc_deleted_at' in tap_marketo.loaded_columns('leads') -%}
{%- if not marks -%}
  {%- do tap_marketo.expect_any(['deleted_leads', 'activity_merge_leads']) -%}
{%- endif -%}
{%- set loaded_at = {'of': ['_sdc_extracted_at', '_sdc_batched_at']} -%}
with leads as (
{{ tap_marketo.view_of(
    'leads', 'id:int updated_at:time marked_at:time loaded_at:time',
    {'marked_at': {'of': '_sdc_deleted_at'}, 'loaded_at': loaded_at},
) }}
),

deletions as (
{{ tap_marketo.view_of(
    'deleted_leads',
    tap_marketo.activity_columns() ~ ' campaign:text loaded_at:time',
    dict(
        tap_marketo.activity_made(),
        campaign={'of': 'attributes', 'attribute': 'Campaign'}, loaded_at=loaded_at,
    ),
) }}
),

merges as (
{{ tap_marketo.view_of(
    'activity_merge_leads',
    tap_marketo.activity_columns() ~ ' merge_ids:text loaded_at:time',
    dict(tap_marketo.activity_made(), loaded_at=loaded_at),
) }}
),

-- merge_ids of a merge lists the leads that were merged away.
merged as (
{{ tap_marketo.numbers_in('merges', 'id', 'merge_ids') }}
),

signs as (
    select
        id, lead_id, activity_date as gone_at, 'deleted' as reason,
        cast(null as {{ dbt.type_bigint() }}) as merged_into_lead_id, activity_type_id, campaign_id,
        primary_attribute_value, primary_attribute_value_id, action_result, campaign, loaded_at,
        _fivetran_synced, 1 as preference
    from deletions
    union all
    select
        {{ dbt.concat(['merges.id', "'-'", 'merged.found']) }},
        cast(merged.found as {{ dbt.type_bigint() }}), merges.activity_date, 'merged',
        merges.lead_id, merges.activity_type_id, merges.campaign_id,
        merges.primary_attribute_value, merges.primary_attribute_value_id, merges.action_result,
        cast(null as {{ dbt.type_string() }}), merges.loaded_at, merges._fivetran_synced, 1
    from merges
    inner join merged on merges.id = merged.id
    where cast(merged.found as {{ dbt.type_bigint() }}) <> merges.lead_id
    union all
    select
        {{ dbt.concat(["'lead-'", 'cast(id as ' ~ dbt.type_string() ~ ')']) }}, id, marked_at, 'deleted',
        cast(null as {{ dbt.type_bigint() }}), 37, cast(null as {{ dbt.type_bigint() }}),
        cast(id as {{ dbt.type_string() }}), cast(null as {{ dbt.type_bigint() }}),
        cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_string() }}), loaded_at,
        _fivetran_synced, 2
    from leads
    where marked_at is not null
),

ranked as (
    select
        signs.*,
        row_number() over (partition by lead_id order by preference, gone_at desc, id) as place
    from signs
)

select
{%- for name in [
    'id', 'lead_id', 'gone_at', 'reason', 'merged_into_lead_id', 'activity_type_id', 'campaign_id',
    'primary_attribute_value', 'primary_attribute_value_id', 'action_result', 'campaign',
    '_fivetran_synced',
] %}
    ranked.{{ tap_marketo.alias(name) }}{{ ',' if not loop.last }}
{%- endfor %}
from ranked
left join leads on ranked.lead_id = leads.id
where
    ranked.place = 1
    and (
        leads.id is null
        or leads.marked_at is not null
        or not (
            coalesce(leads.updated_at > ranked.gone_at, false)
            or coalesce(leads.loaded_at > ranked.loaded_at, false)
        )
    )
