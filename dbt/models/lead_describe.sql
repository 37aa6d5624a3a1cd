{#-
  restname is the lower-case name of the field's column in the view lead: the package's own rule does
  not change such a name, on any database. rest_name is the name in Marketo's API.
-#}
{%- do tap_marketo.expect_any(['lead_describe']) -%}
{%- set made = {
    'rest_name': {'of': 'rest', 'property': 'name'},
    'restread_only': {'of': 'rest', 'property': 'readOnly'},
    'soapname': {'of': 'soap', 'property': 'name'},
    'soapread_only': {'of': 'soap', 'property': 'readOnly'},
} -%}
{%- set columns = tap_marketo.loaded_columns('lead_describe') -%}
{%- set fields = [] -%}
{%- if columns -%}
  {%- set query = 'select ' ~ tap_marketo.made_column(columns, made.rest_name, 'text') ~ ' as name '
      ~ tap_marketo.from_loaded('lead_describe') -%}
  {%- for name in run_query(query).columns[0].values() if name and name not in fields -%}
    {%- do fields.append(name) -%}
  {%- endfor -%}
{%- endif -%}
with fields as (
{{ tap_marketo.view_of(
    'lead_describe',
    'id:int data_type:text display_name:text length:int rest_name:text restread_only:bool'
    ~ ' soapname:text soapread_only:bool',
    made,
) }}
)

select
    fields.*,
    {%- set differing = [] %}
    {%- for field, name in tap_marketo.field_names(fields).items() if name != field | lower %}
      {%- do differing.append("when '" ~ field | replace("'", "''") ~ "' then '" ~ name ~ "'") %}
    {%- endfor %}
    cast({% if differing -%}
    case fields.rest_name
      {%- for branch in differing %}
        {{ branch }}
      {%- endfor %}
        else lower(fields.rest_name)
    end
    {%- else -%}
    lower(fields.rest_name)
    {%- endif %} as {{ dbt.type_string() }}) as {{ tap_marketo.alias('restname') }}
from fields
