{#- Told by the stream deleted_leads, and by leads itself with capture_deletes. -#}
{%- set signs = [] -%}
{%- set deleted = source('marketo_loaded', 'deleted_leads') -%}
{%- if execute and load_relation(deleted) is not none -%}
  {%- do signs.append('id in (select lead_id from ' ~ deleted ~ ')') -%}
{%- endif -%}
{%- set leads = load_relation(source('marketo_loaded', 'leads')) if execute else none -%}
{%- if '_sdc_deleted_at' in tap_marketo.column_names(leads) -%}
  {%- do signs.append('_sdc_deleted_at is not null') -%}
{%- endif -%}
{{ tap_marketo.view_of(
    'leads',
    'id:int created_at:time updated_at:time email:text first_name:text last_name:text phone:text'
    ~ ' main_phone:text mobile_phone:text company:text inferred_company:text address_lead:text'
    ~ ' address:text city:text state:text state_code:text country:text country_code:text'
    ~ ' postal_code:text billing_street:text billing_city:text billing_state:text'
    ~ ' billing_state_code:text billing_country:text billing_country_code:text'
    ~ ' billing_postal_code:text inferred_city:text inferred_state_region:text'
    ~ ' inferred_country:text inferred_postal_code:text inferred_phone_area_code:text'
    ~ ' anonymous_ip:text unsubscribed:bool email_invalid:bool do_not_call:bool'
    ~ ' _fivetran_deleted:bool',
    {'_fivetran_deleted': ('id', signs | join(' or ') or 'false')},
    others=true,
) }}
