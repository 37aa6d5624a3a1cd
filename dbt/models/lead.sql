{%- set deleted = source('marketo_loaded', 'deleted_leads') -%}
{%- set is_deleted = (
    'id in (select lead_id from ' ~ deleted ~ ')'
    if execute and load_relation(deleted) is not none
    else 'false'
) -%}
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
    {'_fivetran_deleted': ('id', is_deleted)},
    others=true,
) }}
