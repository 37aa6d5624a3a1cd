{%- do tap_marketo.expect_any(['programs']) -%}
{{ tap_marketo.view_of(
    'programs',
    'id:int name:text channel:text description:text status:text type:text url:text workspace:text'
    ~ ' sfdc_id:text sfdc_name:text start_date:time end_date:time created_at:time updated_at:time'
    ~ ' _fivetran_deleted:bool',
    {'_fivetran_deleted': {'sql': 'false'}},
) }}
