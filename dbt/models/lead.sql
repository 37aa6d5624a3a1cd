{%- do tap_marketo.expect_any(['leads']) -%}
{%- set columns = tap_marketo.loaded_columns('leads') -%}
{%- set listed = 'id:int created_at:time updated_at:time email:text first_name:text last_name:text'
    ~ ' phone:text main_phone:text mobile_phone:text company:text inferred_company:text'
    ~ ' address_lead:text address:text city:text state:text state_code:text country:text'
    ~ ' country_code:text postal_code:text billing_street:text billing_city:text'
    ~ ' billing_state:text billing_state_code:text billing_country:text billing_country_code:text'
    ~ ' billing_postal_code:text inferred_city:text inferred_state_region:text'
    ~ ' inferred_country:text inferred_postal_code:text inferred_phone_area_code:text'
    ~ ' anonymous_ip:text unsubscribed:bool email_invalid:bool do_not_call:bool' -%}
{%- set present = ['_fivetran_synced', '_fivetran_deleted'] -%}
with leads as (
select
{%- for item in listed.split() %}
  {%- set name, type = item.split(':') %}
  {%- do present.append(name) %}
    {{ tap_marketo.made_column(columns, {'of': name}, type) }} as {{ tap_marketo.alias(name) }},
{%- endfor %}
{%- for column, name in tap_marketo.lead_names(columns.keys() | list).items() if column not in present %}
    {{ adapter.quote(columns[column].name) }} as {{ tap_marketo.alias(name) }},
{%- endfor %}
    {{ tap_marketo.made_column(columns, {'of': ['_sdc_batched_at', '_sdc_extracted_at']}, 'time') }} as {{ tap_marketo.alias('_fivetran_synced') }}
{{ tap_marketo.from_loaded('leads') }}
)

select
    leads.*,
    gone.lead_id is not null as {{ tap_marketo.alias('_fivetran_deleted') }}
from leads
left join {{ ref('gone_leads') }} as gone on leads.id = gone.lead_id
