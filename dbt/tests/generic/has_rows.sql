{# Fails if a view has no rows: its stream was not loaded, or was empty. #}
{% test has_rows(model) %}
select 'no rows' as problem
where not exists (select 1 from {{ model }})
{% endtest %}
