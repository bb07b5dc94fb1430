"""Exports of nobody's product: columns renamed, shuffled and translated, with what each of them is.

They were written before anything was tried on them. At the first try 57 of the 73 columns were right; what
was mended then is the method (columns chosen together, ids found again in other files), not the word lists.
Who adds words adds another layout.
"""

# ruff: noqa: E501 - a row of an export is a line

from __future__ import annotations

# file name, encoding, lines, canonical table, canonical column of each column (None: of none)
Layout = tuple[str, str, tuple[str, ...], str, tuple[str | None, ...]]

ENGLISH: tuple[Layout, ...] = (
    (
        "client_master.csv",
        "utf-8",
        (
            "Territory,ClientRef,Legal Name,Onboarded On,Vertical,CSM Name,Size Class,Fax",
            "EMEA,K1,Foo Ltd,2023-01-05,Retail,Ann,Large,1",
            "APAC,K2,Bar Inc,2023-02-05,Energy,Bob,Small,2",
            "APAC,K3,Baz SA,2023-03-05,Energy,Bob,Small,",
        ),
        "accounts",
        ("region", "account_id", "name", "created_at", "industry", "owner", "segment", None),
    ),
    (
        "support_cases.csv",
        "utf-8",
        (
            "Synopsis,CaseNumber,Raised On,Urgency Level,ClientRef,Case Category,Closed On,First Reply",
            "Broken,C9,2024-01-05 08:00,High,K1,Bug,2024-01-06 08:00,2024-01-05 09:00",
            "How to,C8,2024-01-07 08:00,Low,K2,Question,,",
        ),
        "tickets",
        (
            "text",
            "ticket_id",
            "opened_at",
            "severity",
            "account_id",
            "kind",
            "resolved_at",
            "first_response_at",
        ),
    ),
    (
        "billing_docs.csv",
        "utf-8",
        (
            "DocNo,ClientRef,Bill Date,Payable By,Settled On,Gross,CCY",
            "B1,K1,2024-01-01,2024-01-31,2024-02-03,100.5,USD",
            "B2,K2,2024-01-01,2024-01-31,,70,USD",
        ),
        "invoices",
        ("invoice_id", "account_id", "issued_at", "due_at", "paid_at", "amount", "currency"),
    ),
)
CHINESE: tuple[Layout, ...] = (
    (
        "客户信息表.csv",
        "gb18030",
        (
            "企业名称,负责人员,客户代码,行业类别,签约时间,企业规模,所在省份",
            "甲公司,张三,K1,零售,2023-01-05,大,浙江",
            "乙公司,李四,K2,制造,2023-02-05,小,广东",
        ),
        "accounts",
        ("name", "owner", "account_id", "industry", "created_at", "segment", "region"),
    ),
    (
        "服务工单导出.csv",
        "utf-8-sig",
        (
            "工单标题,创建日期,工单编号,紧急程度,客户代码,完结时间,工单分类,首次响应",
            "坏了,2024-01-05 08:00:00,T1,紧急,K1,2024-01-06 08:00:00,故障,2024-01-05 09:00:00",
            "怎么用,2024-01-07 08:00:00,T2,一般,K2,,咨询,",
        ),
        "tickets",
        (
            "text",
            "opened_at",
            "ticket_id",
            "severity",
            "account_id",
            "resolved_at",
            "kind",
            "first_response_at",
        ),
    ),
    (
        "满意度调查结果.csv",
        "utf-8-sig",
        (
            "答卷ID,客户代码,填写人姓名,发放时间,提交时间,打分,意见建议",
            "Q1,K1,王五,2024-01-01,2024-01-02,9,很好",
            "Q2,K2,赵六,2024-01-01,,,",
        ),
        "surveys",
        ("response_id", "account_id", "contact_id", "sent_at", "responded_at", "score", "comment"),
    ),
)
GERMAN: tuple[Layout, ...] = (
    (
        "Kundenstamm.csv",
        "cp1252",
        (
            "Kundennr;Firma;Branche;Land;Kunde seit;Zuständiger Betreuer;Größe",
            "K1;Foo GmbH;Handel;DE;2023-01-05;Ann;groß",
            "K2;Bär AG;Energie;AT;2023-02-05;Bob;klein",
        ),
        "accounts",
        ("account_id", "name", "industry", "region", "created_at", "owner", "segment"),
    ),
    (
        "Verträge.csv",
        "utf-8",
        (
            "Vertragsnummer;Kundennr;Tarif;Lizenzen;Monatspreis;Währung;Vertragsbeginn;Vertragsende;Geändert am",
            "V1;K1;Pro;10;100;EUR;2024-01-01;2025-01-01;2024-01-01",
            "V2;K2;Pro;5;50;EUR;2024-02-01;;2024-02-01",
        ),
        "subscriptions",
        (
            *("subscription_id", "account_id", "product", "seats", "mrr", "currency", "starts_at", "ends_at"),
            "changed_at",
        ),
    ),
)
SPANISH: tuple[Layout, ...] = (
    (
        "clientes.csv",
        "utf-8",
        (
            "Código cliente,Razón social,Sector,País,Fecha de alta,Gestor de cuenta",
            "K1,Foo SL,Comercio,ES,2023-01-05,Ana",
            "K2,Bar SA,Energía,MX,2023-02-05,Luis",
        ),
        "accounts",
        ("account_id", "name", "industry", "region", "created_at", "owner"),
    ),
    (
        "uso_producto.csv",
        "utf-8",
        (
            "fecha,cliente id,usuario,funcion,cantidad,modulo",
            "2024-01-05,K1,u1,exportar,3,informes",
            "2024-01-06,K2,u2,ver,1,inicio",
        ),
        "usage",
        ("occurred_at", "account_id", "user_id", "feature", "quantity", "module"),
    ),
)
UNKNOWN = {"english": ENGLISH, "chinese": CHINESE, "german": GERMAN, "spanish": SPANISH}
