{#
  Activities of one type.

  stream   the tap's stream
  further  the type's attributes, 'name:type …'
#}
{% macro activity(stream, further='', expressions={}) %}
{%- set made = {
    'id': ('marketo_guid', 'marketo_guid'),
    'email_template_id': ('primary_attribute_value_id', 'primary_attribute_value_id'),
} -%}
{%- do made.update(expressions) -%}
{{ tap_marketo.view_of(
    stream,
    'id:text lead_id:int activity_date:time activity_type_id:int campaign_id:int'
    ~ ' primary_attribute_value:text primary_attribute_value_id:int action_result:text ' ~ further,
    made,
) }}
{% endmacro %}
