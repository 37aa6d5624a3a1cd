select
    things.id, things.name, count(sends.lead_id) as sends
    {%- for kind in ['opens', 'clicks', 'bounces', 'deliveries', 'unsubscribes'] %},
    coalesce(sum(sends.{{ kind }}), 0) as {{ kind }}
    {%- endfor %}
from {{ source('marketo', 'campaign') }} as things
left join {{ ref('marketo__email_sends') }} as sends on things.id = sends.campaign_id
group by things.id, things.name
