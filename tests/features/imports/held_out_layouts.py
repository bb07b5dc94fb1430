"""More exports of nobody's product, written after the words and the method of `unknown_layouts.py`.

Nothing was added to the word lists for them: what is right here is right by words known before, by
abbreviations, or by the values alone. The last ones have headers that say next to nothing.
"""

# ruff: noqa: E501 - a row of an export is a line

from __future__ import annotations

from tests.features.imports.unknown_layouts import Layout

ABBREVIATED: tuple[Layout, ...] = (
    (
        "cust_mstr.csv",
        "utf-8",
        (
            "cust_nbr,cust_nm,acct_mgr,strt_dt,ind_cd,ctry,sz_cls",
            "100,Harbor Foods Ltd,Ann Lee,2021-04-01,Retail,US,Enterprise",
            "101,Orbit Steel GmbH,Bob Ray,2022-09-15,Manufacturing,DE,SMB",
            "102,Nimbus Care Inc,Ann Lee,2023-01-20,Healthcare,US,Mid-Market",
            "103,Delta Trade SA,Cy Poe,2020-11-05,Retail,FR,SMB",
            "104,Kite Bank PLC,Bob Ray,2019-06-30,Finance,GB,Enterprise",
        ),
        "accounts",
        ("account_id", "name", "owner", "created_at", "industry", "region", "segment"),
    ),
    (
        "svc_req.csv",
        "utf-8",
        (
            "req_no,cust_nbr,logged_dt,prty,catg,resp_dt,clsd_dt,short_desc",
            "R1,100,2024-01-05 08:00,High,Bug,2024-01-05 09:10,2024-01-06 08:00,The export of reports stops half way",
            "R2,101,2024-01-07 08:00,Low,Question,2024-01-07 10:00,,How can we add another administrator here",
            "R3,100,2024-01-09 11:00,Medium,Bug,2024-01-09 11:20,2024-01-12 08:00,Numbers on the board are not those of the file",
            "R4,103,2024-02-01 09:30,Critical,Incident,2024-02-01 09:40,2024-02-01 19:00,Nobody can sign in since this morning",
            "R5,104,2024-02-03 16:30,Low,Question,,,Where is the audit log kept",
        ),
        "tickets",
        (
            *("ticket_id", "account_id", "opened_at", "severity", "kind", "first_response_at"),
            *("resolved_at", "text"),
        ),
    ),
    (
        "evt_log.csv",
        "utf-8",
        (
            "evt_ts,cust_nbr,usr,mdl,evt_nm,cnt",
            "2024-01-05 08:00:01,100,u17,reports,export,3",
            "2024-01-05 08:00:09,100,u18,admin,invite,1",
            "2024-01-05 09:10:01,101,u21,reports,view,7",
            "2024-01-06 08:00:01,100,u17,reports,view,2",
            "2024-01-06 10:00:01,103,u31,admin,invite,1",
            "2024-01-07 10:00:01,104,u40,reports,export,2",
        ),
        "usage",
        ("occurred_at", "account_id", "user_id", "module", "feature", "quantity"),
    ),
)
FRENCH: tuple[Layout, ...] = (
    (
        "societes.csv",
        "utf-8",
        (
            "Réf. société;Dénomination;Activité;Pays;Date d'entrée;Chargé de compte",
            "S1;Boulangeries Martin SARL;Commerce;FR;12/03/2021;Luc Petit",
            "S2;Aciers du Nord SA;Industrie;BE;25/11/2020;Zoé Blanc",
            "S3;Clinique du Lac SAS;Santé;CH;07/06/2022;Luc Petit",
            "S4;Banque Rhône SA;Finance;FR;30/01/2019;Zoé Blanc",
        ),
        "accounts",
        ("account_id", "name", "industry", "region", "created_at", "owner"),
    ),
    (
        "pieces_comptables.csv",
        "utf-8",
        (
            "N° pièce;Réf. société;Émise le;Échéance;Réglée le;Montant TTC;Devise",
            "F1;S1;01/02/2024;02/03/2024;28/02/2024;1200.50;EUR",
            "F2;S2;01/02/2024;02/03/2024;;900.00;EUR",
            "F3;S3;15/02/2024;16/03/2024;20/03/2024;440.00;CHF",
            "F4;S1;01/03/2024;31/03/2024;29/03/2024;1200.50;EUR",
            "F5;S4;01/03/2024;31/03/2024;;75.25;EUR",
        ),
        "invoices",
        ("invoice_id", "account_id", "issued_at", "due_at", "paid_at", "amount", "currency"),
    ),
)
OPAQUE: tuple[Layout, ...] = (
    (
        "customers_2024.csv",
        "utf-8",
        (
            "key,label,grp,zone,handled_by,begin",
            "C-1,Harbor Foods Ltd,Retail,EMEA,ann@vendor.io,2021-04-01",
            "C-2,Orbit Steel GmbH,Manufacturing,EMEA,bob@vendor.io,2022-09-15",
            "C-3,Nimbus Care Inc,Healthcare,AMER,ann@vendor.io,2023-01-20",
            "C-4,Delta Trade SA,Retail,APAC,cy@vendor.io,2020-11-05",
        ),
        "accounts",
        ("account_id", "name", "industry", "region", "owner", "created_at"),
    ),
    (
        "invoices_2024.csv",
        "utf-8",
        (
            "doc,c,d1,d2,d3,val,cur",
            "I1,C-1,2024-02-01,2024-03-02,2024-02-28,1200.5,EUR",
            "I2,C-2,2024-02-01,2024-03-02,,900,USD",
            "I3,C-3,2024-02-15,2024-03-16,2024-03-20,440,USD",
            "I4,C-1,2024-03-01,2024-03-31,2024-03-29,1200.5,EUR",
            "I5,C-4,2024-03-01,2024-03-31,,75.25,USD",
        ),
        "invoices",
        ("invoice_id", "account_id", "issued_at", "due_at", "paid_at", "amount", "currency"),
    ),
    (
        "nps_wave.csv",
        "utf-8",
        (
            "rid,c,invite_ts,reply_ts,pts,said",
            "1,C-1,2024-02-01 09:00,2024-02-03 10:00,9,It does what we need and the team is quick",
            "2,C-2,2024-02-01 09:00,,,",
            "3,C-3,2024-02-01 09:00,2024-02-01 12:00,4,Too slow for what it costs us every month",
            "4,C-4,2024-02-02 09:00,2024-02-09 12:00,10,We would not want to miss it any more",
        ),
        "surveys",
        ("response_id", "account_id", "sent_at", "responded_at", "score", "comment"),
    ),
)
HELD_OUT = {"abbreviated": ABBREVIATED, "french": FRENCH, "opaque": OPAQUE}
