{{ tap_marketo.view_of(
    'lead_describe',
    'id:int data_type:text display_name:text length:int restname:text restread_only:bool'
    ~ ' soapname:text soapread_only:bool',
    {
        'restname': ('rest', tap_marketo.property('rest', 'name')),
        'restread_only': ('rest', tap_marketo.property('rest', 'readOnly')),
        'soapname': ('soap', tap_marketo.property('soap', 'name')),
        'soapread_only': ('soap', tap_marketo.property('soap', 'readOnly')),
    },
) }}
