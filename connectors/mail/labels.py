"""The words by which a mail names its fields, its sections and its columns, in English and Chinese; one table each."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from connectors.header_names import NAMES
from connectors.headers import normal as head_of

#: Field -> labels. A label counts before a colon, alone on its line, or in the first cell of a row.
FIELDS: dict[str, str] = {
    "order_number": "bestellnummer|bestell-nr|bestellnr|auftragsnummer|po number|po no|po#|po|p.o|p.o number|p.o. number|p.o. no|purchase order|purchase order number|"
    "purchase order no|purchase order #|purchase order id|order number|order no|order #|order id|order ref|order reference|"
    "customer po|customer po number|customer order number|customer reference|your order number|your reference|our reference|"
    "our order number|our order no|our po|our ref|reference number|your order number is|order|采购单号|采购订单号|采购订单编号|"
    "采购单编号|订单号|订单号码|订单编号|订货单号|客户订单号|客户po|po号|po单号|采购合同号|採購單號|訂單編號|單號|单号|编号",
    "order_date": "bestelldatum|order date|po date|date of order|purchase date|ordered on|date ordered|date|订单日期|下单日期|下单时间|"
    "采购日期|订货日期|制单日期|訂單日期|日期",
    "deliver_by": "liefertermin|lieferdatum|wunschtermin|配送时间|希望送达时间|delivery date|deliver by|required date|required by|required delivery date|requested delivery date|need by|"
    "needed by|need by date|due date|date required|expected delivery date|expected delivery|requested delivery|delivery by|"
    "delivery required by|requested date|交货日期|交货期|交货时间|交期|期望到货|期望到货日期|期望到货时间|期望交货日期|要求到货日期|"
    "要求到货时间|要求交货日期|到货日期|到货时间|送货日期|送货时间|交付日期|需求日期|預定交貨日期|要求交付日期",
    "ship_by": "ship by|ship date|requested ship date|ship by date|dispatch by|dispatch date|ship no later than|发货日期|"
    "要求发货日期|发货时间|最晚发货时间",
    "service": "ship via|shipping method|delivery method|shipping service|carrier|shipped via|shipping option|ship method|"
    "配送方式|运输方式|物流方式|送货方式|发货方式|快递公司|物流公司",
    "payment_terms": "zahlungsbedingungen|zahlungsart|selected payment method|payment processing method|payment terms|terms of payment|terms|payment method|payment|pay method|payment type|paid via|"
    "付款方式|付款条件|结算方式|支付方式|付款条款|账期|付款",
    "payment_status": "payment status|financial status|付款状态|支付状态",
    "customer_name": "auftraggeber|besteller|customer|customer name|buyer|buyer name|ordered by|name|full name|purchaser|contact name|sold to|from|"
    "客户|客户姓名|订货人|订购人|姓名|采购员|采购人|下单人|经办人|采购联系人|顾客姓名|买家|买方联系人",
    "ship_name": "ansprechpartner|recipient|recipient name|attention|attn|contact|contact person|receiver|receiver name|consignee|ship to name|"
    "deliver to name|empfänger|warenempfänger|destinataire|destinatario|收货人|收件人|联系人|收货人姓名|收件人姓名|收货联系人|收货人名称|聯絡人",
    "company": "company|company name|customer company|organisation|organization|business name|account name|buyer company|"
    "公司|公司名称|单位名称|采购单位|购货单位|需方|甲方|订货单位|客户名称|买方|采购方|客户公司|购方|订购单位",
    "phone": "telefon|tel.-nr|顾客电话|phone|tel|telephone|mobile|phone number|telephone number|contact number|cell|cell phone|mobile number|"
    "phone no|tel no|contact phone|mobile phone|customer phone|shipping phone|delivery phone|电话|手机|联系电话|手机号|手机号码|"
    "电话号码|联系方式|联系手机|收货电话|收货人电话|收件人电话|收件电话|收货人手机|聯絡電話|電話",
    "email": "email|e-mail|email address|e-mail address|customer email|mail|contact email|邮箱|电子邮箱|电子邮件|邮件|邮箱地址|"
    "联系邮箱",
    "tax_id": "vat|vat number|vat no|vat id|tax id|tax number|tax no|tin|ein|abn|gst number|gstin|tax registration number|"
    "vat reg no|税号|纳税人识别号|统一社会信用代码|纳税识别号|社会信用代码",
    "invoice_title": "invoice title|invoice name|invoice to name|发票抬头|开票抬头|抬头|开票名称|开票单位",
    "invoice_type": "invoice type|发票类型|发票种类",
    "invoice_address": "注册地址|开票地址|单位地址|公司地址|registered address",
    "invoice_phone": "注册电话|开票电话|单位电话|公司电话",
    "invoice_bank": "bank|bank name|开户行|开户银行",
    "invoice_account": "bank account|account number|银行账号|账号|银行帐号|开户账号|帐号",
    "invoice_email": "invoice email|收票邮箱|发票邮箱|电子发票邮箱",
    "currency": "currency|币种|货币|结算币种",
    "subtotal": "zwischensumme|商品总金额|商品总价|subtotal|sub total|sub-total|items subtotal|goods total|merchandise total|net total|item subtotal|"
    "商品总额|货款|商品合计|商品金额|货物合计|商品小计|小计",
    "discount": "discount|discounts|order discount|coupon discount|total discount|优惠|优惠金额|折扣|折扣金额|整单优惠",
    "shipping": "versandkosten|商品运费|shipping|freight|delivery charge|delivery cost|shipping cost|shipping & handling|shipping and handling|"
    "postage|carriage|shipping fee|delivery fee|shipping charge|shipping total|shipping price|postage & packing|p&p|delivery|"
    "运费|配送费|快递费|物流费|邮费|运输费",
    "tax": "mehrwertsteuer|ust|tax|sales tax|vat amount|gst|total tax|tax amount|taxes|vat total|iva|mwst|estimated tax|hst|税额|税费|税金|增值税|"
    "税额合计",
    "fees": "handling fee|handling|fee|fees|surcharge|small order surcharge|手续费|服务费|附加费",
    "total": "rechnungsbetrag|gesamtbetrag|gesamtsumme|endsumme|支付总额|实际支付价格|实际支付|订单总计|total|order total|grand total|total amount|amount due|total due|total price|total value|order value|total cost|"
    "total payable|order amount|total order value|po total|invoice total|net amount due|total (incl. vat)|"
    "合计|总计|总额|总金额|总价|订单总额|订单金额|订单总金额|应付金额|应付总额|应付款|合计金额|价税合计|金额合计|合計|總計|共计",
    "paid": "paid|amount paid|total paid|paid amount|paid by customer|实付|已付|实付款|已付金额|实付金额|已付款",
    "note": "交易备注|bemerkung|hinweis|note|notes|comment|comments|remark|remarks|special instructions|delivery instructions|customer note|instructions|"
    "customer comments|order notes|message|buyer message|note from buyer|message from buyer|shipping comment|"
    "备注|留言|买家留言|客户留言|附言|特殊要求|订单备注|說明|備註",
    "customer_id": "kundennummer|kunden-nr|customer number|customer no|customer id|account no|account #|customer code|client number|客户编号|客户编码|"
    "客户代码|会员号",
    "first_name": "first name|given name|forename",
    "last_name": "last name|surname|family name",
    "street": "street|street address|address|address line 1|address 1|address line|街道地址|街道",
    "street_2": "address 2|address line 2|apartment|suite",
    "city": "city|town|city/town|城市|所在城市",
    "region": "state|province|region|county|state/province|省份|省",
    "area": "所在地区|地区|配送地区|区域|省市区|所在区域",
    "postal_code": "zip|zip code|postal code|postcode|post code|zip/postal code|邮编|邮政编码|郵編",
    "country": "country|国家|国家/地区",
    "status": "status|order status|current status|shipment status|delivery status|订单状态|物流状态|状态",
    "tracking": "tracking number|tracking no|tracking|tracking id|tracking code|waybill|waybill number|track your package|"
    "运单号|快递单号|物流单号|运单编号",
    "supplier": "supplier|vendor|seller|sold by|供应商|供方|乙方|卖方|销售方|收票方",
}

#: Headings over an address.
SECTIONS: dict[str, str] = {
    "ship_to": "lieferadresse|lieferanschrift|versandadresse|ship to|ship to address|ship-to|ship-to address|shipping address|shipping to|deliver to|delivery address|"
    "please deliver to|please ship to|please send to|delivery to|delivery location|shipping information|shipping details|"
    "delivery details|delivery information|send to|ship to location|recipient address|delivered to|"
    "drop ship to|dropship to|drop-ship to|please drop ship to|please dropship to|drop ship address|consign to|consignee address|consignee details|"
    "destination address|end customer address|lieferung an|"
    "adresse de livraison|livrer à|dirección de entrega|dirección de envío|enviar a|indirizzo di consegna|indirizzo di spedizione|"
    "spedire a|afleveradres|bezorgadres|verzendadres|leveringsadres|endereço de entrega|enviar para|adres dostawy|adres wysyłki|leveransadress|leveringsadresse|"
    "toimitusosoite|dodací adresa|szállítási cím|adresa de livrare|teslimat adresi|адрес доставки|配送先|お届け先|納品先|배송지|"
    "收货地址|送货地址|交货地址|收件地址|地址|收货人地址|配送地址|交货地点|收货信息|收货人信息|收件信息|送达地址|详细地址|送貨地址|"
    "收件人地址|到货地址|收件人信息|寄送地址|发货地址|收货地点",
    "bill_to": "rechnungsadresse|rechnungsanschrift|bill to|bill to address|bill-to|billing address|invoice to|invoice address|billing details|billing information|invoicing address|billing to|"
    "adresse de facturation|facturer à|dirección de facturación|facturar a|indirizzo di fatturazione|fatturare a|factuuradres|endereço de faturação|endereço de cobrança|"
    "adres do faktury|faktureringsadress|fakturaadress|faktureringsadresse|fakturaadresse|laskutusosoite|fakturační adresa|számlázási cím|adresa de facturare|fatura adresi|"
    "請求先|청구지|"
    "账单地址|付款地址|寄票地址|發票地址",
    "customer": "customer details|customer information|customer info|buyer details|buyer information|buyer info|contact details|"
    "contact information|客户信息|买家信息|购买人信息|联系信息|订购人信息",
    "items": "items|order items|items ordered|order details|order summary|products|order lines|line items|item details|"
    "we would like to order|please supply|please send|please supply the following|商品信息|商品明细|订购明细|采购明细|货物明细|"
    "订单明细|订单信息|订单详情|产品清单|采购清单|明细",
}

#: Columns of a table of goods. What stands in several (item, code, amount) is settled by its values.
COLUMNS: dict[str, str] = {
    "line_ref": "line|line no|line number|line #|no|pos|position|s/n|sl no|sr no|seq|ln|序号|行号|项次|项目|编号",
    "sku": "sku|item no|item number|item #|item code|item id|part no|part number|part #|part|p/n|pn|mpn|article|article no|"
    "article number|product code|product no|product number|product id|product sku|code|material|material no|material number|"
    "stock code|catalog no|catalogue no|cat no|model no|model number|your item|vendor part|supplier part|ref|réf|référence|upc|ean|gtin|isbn|"
    "货号|商品编码|产品编码|商品编号|产品编号|物料号|物料编码|物料编号|物料代码|料号|编码|款号|商家编码|存货编码|产品代码|商品货号|"
    "商品代码|料號|產品編號",
    "item": "item|product|goods|model|item ordered|型号|商品|产品|货品|物料|产品型号",
    "name": "product name|name|description|item description|product description|item name|title|details|desc|"
    "品名|商品名称|产品名称|名称|货物名称|物料名称|货品名称|品名规格|商品描述|描述|产品描述|存货名称|品名及规格|商品名|產品名稱",
    "qty": "qty|quantity|order qty|qty ordered|quantity ordered|ordered|order quantity|units|pcs|count|qty.|qnty|no of units|"
    "数量|订购数量|采购数量|订货数量|件数|订单数量|购买数量|下单数量|數量|采购量",
    "unit": "unit|uom|u/m|um|unit of measure|units of measure|单位|计量单位|單位",
    "price": "price|unit price|unit cost|price each|rate|cost|each|item price|net price|price/unit|price per unit|unit net price|"
    "list price|your price|unit rate|单价|价格|含税单价|不含税单价|未税单价|采购单价|单价(元)|單價|售价",
    "total": "amount|total|line total|ext price|ext. price|extended|extended price|extended amount|ext|ext. cost|subtotal|"
    "net amount|line amount|total price|item total|total amount|net|net value|value|total cost|sum|price total|"
    "金额|小计|总价|合计|总额|总金额|含税金额|价税合计|金額|小計|采购金额",
    "discount": "discount|disc|disc.|discount amount|discount %|disc %|rabatt|rabatt %|remise|remise %|sconto|sconto %|descuento|descuento %|korting|korting %|rabat|rabat %|"
    "折扣金额|优惠金额|优惠|折扣|折扣率|扣率|折扣 %|折扣%",
    "price_per": "per|pe|price per|price unit|pricing unit|price basis|preiseinheit|计价数量|价格单位",
    "tax": "tax|vat|gst|tax amount|税额|税金",
    "deliver_by": "delivery date|due date|required date|need by|date required|ship date|eta|交货日期|交期|到货日期|要求到货日期|需求日期",
    "option": "size|color|colour|spec|specification|variant|options|style|规格|颜色|尺码|尺寸|规格型号|型号规格|材质|款式",
    "ignored": "image|photo|picture|tax rate|vat %|tax %|weight|note|notes|remark|remarks|comment|status|"
    "图片|税率|备注|品牌|产地|图号|重量|brand|manufacturer|warehouse|仓库",
}

#: Names of people whom one may ask, whose address need not be the goods'.
_TO_BE_ASKED = frozenset("ansprechpartner|attention|attn|contact|contact person|联系人|聯絡人".split("|"))
_MAX_HEADING = 60
_PERCENT = re.compile(r"(?<![\w.])\d{1,3}(?:[.,]\d{1,2})?\s?%")
_EDGES = " \t.:：#*-–—•·_|【】[]()（）<>《》=,，、\"'`~。;；"
_BRACKETED = re.compile(r"[\(（\[【][^()（）\[\]【】]{0,24}[\)）\]】]")


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """A label as the tables hold it: lower case, no brackets, no marks around it, single spaces, no space in Chinese."""
    text = re.sub(r"(?<=[A-Za-z])\s?#", " no ", text)
    text = text.strip()[1:-1] if _BRACKETED.fullmatch(text.strip()) else text
    text = _PERCENT.sub(" ", text)
    plain = _BRACKETED.sub(" ", text[:120]).casefold() if len(text) > 2 else text.casefold()
    stripped = " ".join(plain.strip(_EDGES).split())
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", stripped)


def field_of(text: str) -> str | None:
    """The field that a label names, None where it is none."""
    return _table("fields").get(normal(text))


def names_receiver(text: str) -> bool:
    """Whether a label names who gets the goods, and not only whom to ask for."""
    return field_of(text) == "ship_name" and normal(text) not in _TO_BE_ASKED


def section_of(text: str) -> str | None:
    """The section that a heading opens."""
    return _table("sections").get(normal(text))


def column_of(text: str) -> str | None:
    """The column that a table heading names."""
    if text.strip() == "#":
        return "line_ref"
    if len(text) > _MAX_HEADING:
        return None
    label = normal(text)
    return _table("columns").get(label) or _sheet_columns().get(head_of(label))


#: Columns of order sheets -> ours; what a mail's table names otherwise than COLUMNS is looked up there.
_OF_SHEETS = {
    "lines.line_ref": "line_ref",
    "lines.sku": "sku",
    "lines.name": "name",
    "lines.qty": "qty",
    "lines.unit": "unit",
    "lines.unit_price": "price",
    "lines.total": "total",
    "lines.discount": "discount",
    "lines.tax": "tax",
    "options.size": "option",
    "options.color": "option",
    "options.variant": "option",
    "requested.deliver_by": "deliver_by",
}


@cache
def _sheet_columns() -> dict[str, str]:
    return {head_of(name): ours for theirs, ours in _OF_SHEETS.items() for name in NAMES[theirs].split()}


@cache
def _table(name: str) -> dict[str, str]:
    table = {"fields": FIELDS, "sections": SECTIONS, "columns": COLUMNS}[name]
    return {
        normal(label): key for key, labels in reversed(table.items()) for label in labels.split("|") if normal(label)
    }
