{#
  Activities of one type.

  stream   the tap's stream
  further  attributes of the type, 'name:type …'
#}
{% macro activity(stream, further='') %}
{%- do tap_marketo.expect_any([stream]) -%}
{{ tap_marketo.view_of(stream, tap_marketo.activity_columns() ~ ' ' ~ further, tap_marketo.activity_made()) }}
{% endmacro %}

{% macro activity_columns() %}
{{- return(
    'id:text lead_id:int activity_date:time activity_type_id:int campaign_id:int'
    ~ ' primary_attribute_value:text primary_attribute_value_id:int action_result:text'
) -}}
{% endmacro %}

{% macro activity_made() %}
{{- return({
    'id': {'of': 'marketo_guid'},
    'email_template_id': {'of': 'primary_attribute_value_id'},
}) -}}
{% endmacro %}
