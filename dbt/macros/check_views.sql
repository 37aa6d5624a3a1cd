{#
  Stop a run that would build the package `marketo` on views that do not exist yet.

  That package reads the views as sources, so dbt does not build them before its models. With a
  missing view its models have no rows, and every test passes.
#}
{% macro check_views() %}
{%- if execute and flags.WHICH in ('build', 'run') -%}
  {%- set readers = [] -%}
  {%- for resource in selected_resources if resource.startswith('model.marketo.') -%}
    {%- do readers.append(resource) -%}
  {%- endfor -%}
  {%- if readers -%}
    {%- set missing = [] -%}
    {%- for node in graph.sources.values()
        if node.package_name == 'marketo' and node.source_name == 'marketo' -%}
      {%- if load_relation(api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier)) is none -%}
        {%- do missing.append(node.schema ~ '.' ~ node.identifier) -%}
      {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
      {%- do tap_marketo.expect_something(source('marketo_loaded', 'leads')) -%}
      {%- do exceptions.raise_compiler_error(
          'Package marketo would read views that do not exist: ' ~ missing | sort | join(', ')
          ~ '. Build them first with `dbt build --select package:tap_marketo`. If they are built,'
          ~ ' set marketo_schema to their schema.'
      ) -%}
    {%- endif -%}
  {%- endif -%}
{%- endif -%}
{% endmacro %}
