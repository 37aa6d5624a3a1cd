select leads.*, gone.lead_id is not null as is_deleted
from {{ source('marketo', 'lead') }} as leads
left join (
    select distinct lead_id from {{ source('marketo', 'activity_delete_lead') }}
) as gone on leads.id = gone.lead_id
