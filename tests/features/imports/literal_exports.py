"""Three companies in the exports of seven systems, by the public column names of those products.

Acme is in all of them. Borealis is in the CRM and in billing. Nobody in the CRM knows the third.
"""

# ruff: noqa: E501 - a row of an export is a line

from __future__ import annotations

import csv
import io
from pathlib import Path

SALESFORCE = {
    "account.csv": """id,name,industry,billing_country,type,owner_id,website,account_number,created_date,is_deleted
S1,Acme,Retail,Germany,Enterprise,U1,https://www.acme.com/about,ext-1,2024-01-10 08:00:00,false
S2,Borealis,Energy,Norway,SMB,U1,borealis.no,ext-2,2024-02-01 08:00:00,false
S9,Old,Retail,Germany,SMB,U1,old.com,,2023-01-01 08:00:00,true
""",
    "account_history.csv": """id,_fivetran_start,industry,billing_country,type
S1,2024-01-10 08:00:00,Retail,Germany,SMB
S1,2025-03-01 08:00:00,Retail,Germany,Enterprise
""",
    "user.csv": "id,name,username\nU1,Mira Stone,mira@us.com\n",
    "contact.csv": """id,account_id,title,email,created_date,is_deleted
C1,S1,Chief Operating Officer,ann@acme.com,2024-01-12 00:00:00,false
C2,S1,,bob@acme.com,2024-01-12 00:00:00,false
""",
    "contact_history.csv": """id,account_id,title,_fivetran_start
C1,S1,Operations Manager,2024-01-12 00:00:00
C1,S1,Chief Operating Officer,2025-02-01 00:00:00
""",
    "opportunity.csv": """id,account_id,name,type,stage_name,is_closed,is_won,close_date,created_date,last_modified_date,is_deleted
O1,S1,Acme renewal 2025,Renewal,Closed Won,true,true,2025-01-31,2024-10-01 00:00:00,2025-01-20 00:00:00,false
O2,S2,Borealis renewal,Renewal,Closed Lost,true,false,2025-03-01,2024-11-01 00:00:00,2025-03-02 00:00:00,false
O3,S1,A new toy,New Business,Prospecting,false,false,2025-05-01,2025-01-01 00:00:00,2025-01-02 00:00:00,false
""",
    "opportunity_history.csv": """id,account_id,name,type,stage_name,is_closed,is_won,close_date,_fivetran_start
O1,S1,Acme renewal 2025,Renewal,Qualification,false,false,2025-01-15,2024-10-01 00:00:00
O1,S1,Acme renewal 2025,Renewal,At Risk,false,false,2025-01-15,2024-12-01 00:00:00
O1,S1,Acme renewal 2025,Renewal,At Risk,false,false,2025-01-31,2024-12-20 00:00:00
O1,S1,Acme renewal 2025,Renewal,Closed Won,true,true,2025-01-31,2025-01-20 00:00:00
""",
    "task.csv": """id,account_id,type,task_subtype,subject,description,activity_date,created_date,last_modified_date,is_deleted
N1,S1,Call,Call,QBR with Acme,They look at a competitor,2024-12-05 00:00:00,2024-12-06 09:00:00,2024-12-09 09:00:00,false
N2,S7,Call,Call,Hello,Nobody knows S7,2024-12-05 00:00:00,2024-12-06 09:00:00,2024-12-06 09:00:00,false
""",
}
ZENDESK = {
    "organization.csv": """id,name,external_id,created_at
70,Acme Inc,S1,2024-01-15 00:00:00
71,Strangers,,2024-01-15 00:00:00
""",
    "domain_name.csv": "organization_id,domain_name\n71,gmail.com\n",
    "user.csv": """id,role,organization_id,email
1,agent,,agent@us.com
2,end-user,70,Ann@Acme.com
3,end-user,70,dan@acme.com
""",
    "ticket.csv": """id,organization_id,requester_id,type,priority,status,subject,description,created_at,updated_at
500,70,2,problem,urgent,closed,It fails,Since Monday,2024-05-01 08:00:00,2024-06-20 00:00:00
501,,3,question,normal,open,How,,2024-05-05 08:00:00,2024-05-05 08:00:00
502,71,9,,,solved,Hi,,2024-05-05 08:00:00,2024-05-06 08:00:00
""",
    "ticket_field_history.csv": """ticket_id,field_name,value,updated
500,status,open,2024-05-01 08:00:00
500,priority,normal,2024-05-01 08:00:00
500,type,problem,2024-05-01 08:00:00
500,status,solved,2024-05-02 08:00:00
500,satisfaction_score,offered,2024-05-03 08:00:00
500,satisfaction_score,bad,2024-05-03 09:00:00
500,satisfaction_comment,Not fixed,2024-05-03 09:00:00
500,priority,urgent,2024-05-09 00:00:00
500,status,open,2024-05-10 08:00:00
500,status,solved,2024-06-15 08:00:00
500,status,closed,2024-06-20 00:00:00
501,status,open,2024-05-05 08:00:00
501,priority,normal,2024-05-05 08:00:00
501,type,question,2024-05-05 08:00:00
""",
    "ticket_comment.csv": """ticket_id,user_id,public,created
500,2,true,2024-05-01 08:00:00
500,1,false,2024-05-01 08:30:00
500,1,true,2024-05-01 09:00:00
500,1,true,2024-06-15 08:00:00
""",
}
STRIPE = {
    "customer.csv": """id,name,email,created,metadata,is_deleted
cus_1,Acme,billing@acme.com,2024-01-20 00:00:00,"{""external_id"": ""ext-1""}",false
cus_2,Borealis,pay@borealis.no,2024-02-02 00:00:00,{},false
cus_3,Jo,jo@gmail.com,2024-02-02 00:00:00,{},false
""",
    "subscription.csv": """id,customer_id,status,created,start_date,ended_at,quantity,_fivetran_synced
sub_1,cus_1,active,2024-01-20 00:00:00,2024-01-20 00:00:00,,20,2025-06-01 00:00:00
sub_2,cus_2,canceled,2024-02-02 00:00:00,2024-02-02 00:00:00,2025-03-01 00:00:00,5,2025-06-01 00:00:00
""",
    "subscription_history.csv": """id,customer_id,status,created,start_date,ended_at,cancel_at,quantity,_fivetran_start
sub_1,cus_1,active,2024-01-20 00:00:00,2024-01-20 00:00:00,,,10,2024-01-20 00:00:00
sub_1,cus_1,active,2024-01-20 00:00:00,2024-01-20 00:00:00,,,20,2024-09-01 00:00:00
""",
    "subscription_item.csv": "subscription_id,plan_id,quantity\nsub_1,year_eur,20\nsub_2,month_jpy,5\n",
    "plan.csv": """id,nickname,product_id,currency,interval,interval_count,amount
year_eur,Team yearly,p1,eur,year,1,120000
month_jpy,Team monthly,p1,jpy,month,1,5000
""",
    "product.csv": "id,name\np1,Team\n",
    "invoice.csv": """id,customer_id,currency,status,created,due_date,total,paid,status_transitions_paid_at
in_1,cus_1,eur,paid,2024-02-01 00:00:00,2024-03-02 00:00:00,120050,true,2024-03-10 00:00:00
in_2,cus_1,eur,paid,2024-03-01 00:00:00,,5000,true,
in_3,cus_2,jpy,open,2024-03-01 00:00:00,2024-03-31 00:00:00,5000,false,
in_4,cus_2,jpy,paid,2024-04-01 00:00:00,2024-04-30 00:00:00,5000,true,
""",
    "charge.csv": "invoice_id,created,paid\nin_2,2024-03-03 00:00:00,true\nin_2,2024-03-02 00:00:00,false\n",
}
QUALTRICS = {
    "survey.csv": "id,survey_name\nSV1,Relationship 2024\nSV2,After onboarding\nSV3,A survey of something\n",
    "question.csv": """id,survey_id,question_text,selector
QID1,SV1,How likely are you to recommend us?,NPS
QID2,SV2,How much effort did it take?,SAVR
QID3,SV3,How satisfied are you?,SAVR
QID4,SV1,Anything else?,TE
""",
    "question_option.csv": "question_id,survey_id,recode_value\n"
    + "".join(f"QID2,SV2,{n}\n" for n in range(1, 8))
    + "".join(f"QID3,SV3,{n}\n" for n in range(1, 6)),
    "survey_response.csv": """id,survey_id,recipient_email,start_date,recorded_date
R1,SV1,ann@acme.com,2024-06-02 08:00:00,2024-06-02 08:10:00
R2,SV2,dan@acme.com,2024-07-01 08:00:00,2024-07-01 08:05:00
R3,SV3,dan@acme.com,2024-07-01 08:00:00,2024-07-01 08:05:00
""",
    "question_response.csv": """response_id,question_id,value,text
R1,QID1,3,
R1,QID4,,Too dear
R2,QID2,6,
R3,QID3,4,
""",
    "distribution.csv": "id,survey_link_survey_id,send_date\nD1,SV1,2024-06-01 00:00:00\n",
    "distribution_contact.csv": """contact_id,distribution_id,response_id,sent_at
P1,D1,R1,2024-06-01 08:00:00
P2,D1,,2024-06-01 08:00:00
""",
    "directory_contact.csv": "id,email\nP1,ann@acme.com\nP2,bob@acme.com\n",
}
HUBSPOT = {
    "company.csv": """id,is_deleted,property_name,property_createdate,property_domain
10,false,Acme,2024-01-09 00:00:00,acme.com
11,false,Two of us,2024-01-09 00:00:00,
""",
    "contact.csv": """id,property_email,property_associatedcompanyid,property_jobtitle,property_createdate
100,ann@acme.com,10,CFO,2024-01-11 00:00:00
101,eve@acme.com,10,IT lead,2024-01-11 00:00:00
102,who@where.com,,Boss,2024-01-11 00:00:00
""",
    "deal.csv": """deal_id,deal_pipeline_id,deal_pipeline_stage_id,property_dealname,property_closedate,property_createdate,is_deleted
7,pipe,won,Acme renewal,2025-02-01 00:00:00,2024-10-01 00:00:00,false
8,pipe,won,Acme first deal,2024-02-01 00:00:00,2024-01-01 00:00:00,false
""",
    "deal_stage.csv": """deal_id,value,date_entered
7,talk,2024-10-01 00:00:00
7,sent,2024-12-01 00:00:00
7,won,2025-01-20 00:00:00
""",
    "deal_property_history.csv": """deal_id,name,value,timestamp
7,closedate,2025-01-15 00:00:00,2024-10-01 00:00:00
7,closedate,1738368000000,2024-12-24 00:00:00
""",
    "deal_pipeline.csv": "pipeline_id,label\npipe,Sales\n",
    "deal_pipeline_stage.csv": """stage_id,label,is_closed,closed_won,probability
talk,Talking,false,false,0.2
sent,Contract sent,false,false,0.8
won,Won,true,true,1.0
""",
    "deal_company.csv": "deal_id,company_id\n7,10\n8,10\n",
    "engagement_company.csv": "engagement_id,company_id\n900,10\n901,10\n",
    "engagement_note.csv": """engagement_id,property_hs_note_body,property_hs_timestamp,property_hs_createdate,property_hs_lastmodifieddate
900,Sponsor left,2024-08-01 00:00:00,2024-08-03 00:00:00,2024-09-01 00:00:00
""",
    "engagement_meeting.csv": """engagement_id,title,body,start_time
901,QBR autumn,All good,2024-09-15 00:00:00
902,Lost,Of no company,2024-09-15 00:00:00
""",
}
PENDO = {
    "account_history.csv": """id,last_updated_at,agent_name,agent_salesforceaccountid,first_visit
pa,2024-03-01 00:00:00,Acme,S1,2024-02-01 00:00:00
""",
    "feature_event.csv": """account_id,visitor_id,feature_id,timestamp,num_events
pa,v1,f1,2024-06-01 10:00:00,3
,v2,f1,2024-06-01 11:00:00,1
,v3,f1,2024-06-01 11:00:00,1
""",
    "page_event.csv": "account_id,visitor_id,page_id,timestamp,num_events\npa,v1,g1,2024-06-01 10:00:00,2\n",
    "event.csv": "account_id,visitor_id,timestamp,num_events\npa,v1,2024-06-01 10:00:00,9\n",
    "feature_history.csv": """id,name,group_id,last_updated_at
f1,Export,grp,2024-01-01 00:00:00
f1,Export as CSV,grp,2024-02-01 00:00:00
""",
    "page_history.csv": "id,name,last_updated_at\ng1,Dashboard,2024-01-01 00:00:00\n",
    "group_data.csv": "id,name\ngrp,Reports\n",
    "visitor_history.csv": "id,account_id,last_updated_at,agent_email\nv2,pa,2024-03-01 00:00:00,bob@acme.com\n",
    "poll.csv": "id,attribute_type\nq,NPSRating\n",
    "poll_event.csv": """account_id,visitor_id,poll_id,poll_response,timestamp
pa,v2,q,9,2024-06-05 00:00:00
pa,v1,q,maybe,2024-06-05 00:00:00
""",
}
MIXPANEL = {
    "event.csv": """name,distinct_id,time,properties,insert_id
Export,u1,2024-06-01 10:00:00,"{""account_id"": ""ext-2"", ""os"": ""Mac""}",i1
Export,u1,2024-06-01 10:00:00,"{""account_id"": ""ext-2"", ""os"": ""Mac""}",i1
Login,dan@acme.com,2024-06-01 12:00:00,{},i2
Login,ghost,2024-06-01 12:00:00,{not json,i3
"""
}
SYSTEMS = {
    "salesforce": SALESFORCE,
    "hubspot": HUBSPOT,
    "zendesk": ZENDESK,
    "stripe": STRIPE,
    "qualtrics": QUALTRICS,
    "pendo": PENDO,
    "mixpanel": MIXPANEL,
}
WRITTEN_AT = {  # the column that says when a row of a history came to be
    "account_history.csv": "_fivetran_start",
    "contact_history.csv": "_fivetran_start",
    "opportunity_history.csv": "_fivetran_start",
    "ticket_field_history.csv": "updated",
    "ticket_comment.csv": "created",
    "subscription_history.csv": "_fivetran_start",
    "deal_stage.csv": "date_entered",
    "deal_property_history.csv": "timestamp",
    "ticket.csv": "created_at",
    "opportunity.csv": "created_date",
}


def write_export(folder: Path, *systems: str, known_before: str | None = None) -> Path:
    """The exports of these systems, each in a folder of its name; as of a date, where one is given."""
    for system in systems:
        (folder / system).mkdir(parents=True, exist_ok=True)
        for name, text in SYSTEMS[system].items():
            kept = text if known_before is None else _before(name, text, known_before)
            (folder / system / name).write_text(kept, encoding="utf-8")
    return folder


def _before(name: str, text: str, date: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    if name not in WRITTEN_AT:
        return text
    place = rows[0].index(WRITTEN_AT[name])
    kept = io.StringIO()
    csv.writer(kept, lineterminator="\n").writerows([rows[0], *(r for r in rows[1:] if r[place] < date)])
    return kept.getvalue()
