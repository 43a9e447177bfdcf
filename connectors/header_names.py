"""The one visible table of column names: what senders call our fields, English and Chinese first, strongest name first.

Names stand in their normal form: lower case, without spaces, signs and brackets; `#` is `no`.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Signs of traditional Chinese as the names below have them: 訂單編號 is 订单编号.
SIMPLIFIED = str.maketrans(
    "訂單號編數價貨廠備註電話機聯絡繫額總計稱規條碼產項類別幣種時間預採購買賣戶顧縣區鎮鄉國郵遞運費稅發開報銷倉庫進資訊顏團體會員門結帳應實減優贈與據務驗狀態內屬書寫個隻張雙對臺層樓",
    "订单号编数价货厂备注电话机联络系额总计称规条码产项类别币种时间预采购买卖户顾县区镇乡国邮递运费税发开报销仓库进资讯颜团体会员门结账应实减优赠与据务验状态内属书写个只张双对台层楼",
)

#: Our field -> how senders head its column. Of two columns for one field, the one named earlier here wins.
NAMES: dict[str, str] = {
    "channel_order_id": (
        "ordernumber orderno ordernum orderid orderidentifier identifier ponumber pono ponum poid purchaseorder purchaseorderno"
        " purchaseordernumber purchaseorderid sonumber sono soid salesorder salesorderno salesordernumber salesorderid"
        " customerpo customerponumber customerpono externalorderid externalid externalreference externalordernumber"
        " referencenumber orderreference orderref ordercode ordername documentnumber documentno docno docnum"
        " sourceorderid webordernumber amazonorderid saleordernumber suborder po order reference refno ref"
        " 订单号 订单编号 订单号码 订单id 采购单号 采购订单号 采购单编号 采购订单编号 销售单号 销售订单号 单号 单据号 单据编号 单据号码 订货单号 订货单编号"
        " 订单 平台单号 平台订单号 原始单号 原始订单号 网店订单号 店铺单号 线上订单号 交易编号 交易号 主订单编号 主订单号 外部单号 外部订单号 客户单号"
        " 客户订单号 合同编号 合同号 注文番号 номерзаказа заказ bestellnummer bestellnr auftragsnummer auftragsnr belegnummer belegnr numerocommande numerodecommande"
        " numeropedido numerodepedido numeroordine ndecommande commande ordernummer bestelnummer"
    ),
    "po_number": (
        "customerpurchaseorderreferencenumber customerreference buyerpo yourreference clientpo pocustomerreference 客户采购单号 客户po"
    ),
    "placed_at": (
        "orderdate dateordered orderedat ordertime orderdatetime podate purchasedate sodate placedat placedon createdat"
        " createdon createddate datecreated datetimecreated creationdate saledate orderplaced documentdate docdate transactiondate date"
        " 下单时间 下单日期 订单日期 订单时间 订单创建时间 创建时间 创建日期 订货日期 订购日期 采购日期 制单日期 单据日期 日期 时间 付款时间 bestelldatum"
        " auftragsdatum datecommande fechapedido dataordine"
    ),
    "version": "updatedat modifiedat lastmodified lastupdated updatedon datemodified 修改时间 更新时间",
    "requested.ship_by": "shipby shipbydate shipdate shipuntil requestedshipdate latestshipdate expectedshipdate 发货日期 要求发货日期 预计发货日期 最晚发货时间 发货时间",
    "requested.deliver_by": (
        "deliverby deliverydate deliverbydate requesteddeliverydate requesteddate requireddate requiredby requireddeliverydate"
        " expecteddate expecteddelivery expecteddeliverydate duedate needbydate needby dateneeded daterequired eta arrivaldate"
        " promisedate deliverywindowend 交货日期 交期 交货期 交货时间 要求交期 送货日期 到货日期 要求到货日期 要求到货时间 期望到货日期 预计到货日期 要货日期"
        " 需求日期 期望送达时间 送达时间 liefertermin lieferdatum datelivraison fechaentrega dataconsegna"
    ),
    "requested.service": (
        "shippingmethod shipmethod shippingservice shipservicelevel servicelevel shipvia deliverymethod deliveryservice carrier"
        " shippingtype servicetype shippingoption freightmethod 配送方式 运输方式 物流方式 快递方式 发货方式 物流公司 快递公司 快递 送货方式 versandart"
    ),
    "currency": "currency currencycode ordercurrency pricecurrency iso 币种 币别 货币 结算币种 货币代码 waehrung währung devise moneda valuta",
    "status": (
        "orderstatus status internalstatus orderstate 订单状态 交易状态 状态 单据状态 bestellstatus auftragsstatus statut statutcommande etatcommande etat"
        " estadopedido estadodelpedido estado statoordine stato bestelstatus statuszamowienia stavobjednavky linestatus lineitemstatus itemstatus"
        " 行状态 售后状态 退款状态"
    ),
    "status.sent": (
        "fulfillmentstatus fulfilmentstatus lineitemfulfillmentstatus shippingstatus shipmentstatus deliverystatus dispatchstatus shipstatus 发货状态 物流状态 配送状态"
        " versandstatus lieferstatus statutlivraison statutexpedition estadoenvio statospedizione verzendstatus"
    ),
    "sent_at": "fulfilledat shippedat shippedon dateshipped shippeddate dispatchedat despatchedat dispatchedon deliveredat deliveredon 实际发货时间 实际发货日期",
    "cancelled_at": "cancelledat canceledat cancelledon canceledon cancelleddate canceleddate datecancelled datecanceled 取消时间 storniertam annulele",
    "payment.terms": (
        "paymentterms paymentterm terms paymentmethod paymenttype paymentmode paymethod termsofpayment 付款方式 支付方式 结算方式 付款条件 付款条款 账期"
        " zahlungsbedingungen zahlungsart"
    ),
    "payment.status": "financialstatus paymentstatus paystatus 付款状态 支付状态",
    "buyer_message": (
        "customernotes customernote buyernote buyernotes buyermessage customercomment customercomments ordernotes ordernote"
        " ordercomments notes note comments comment remarks remark memo specialinstructions instructions deliveryinstructions"
        " shippinginstructions message deliverynotes 买家留言 买家备注 客户备注 客户留言 留言 备注 订单备注 说明 附言 bemerkung bemerkungen"
        " kommentar commentaire observaciones"
    ),
    "seller_memo": "sellermemo sellernote privatenotes internalnotes internalnote staffnote 卖家备注 客服备注 商家备注 内部备注",
    "supplier": "vendor supplier vendorname suppliername vendorid supplierid 供应商 供应商名称 供货商 供方 lieferant",
    "totals.total": (
        "ordertotal grandtotal totalsale ordervalue orderamount totalorderamount amountdue totaldue  poamount"
        " pototal 订单总额 订单金额 订单总价 订单总金额 应付金额 实付金额 订单应付金额 买家实付金额 gesamtbetrag summe"
    ),
    "totals.shipping": (
        "shipping shippingcost shippingprice shippingfee shippingamount shippingandhandling freight freightcharge postage deliveryfee"
        " ordershipping deliverycost shippingcharge 运费 邮费 快递费 配送费 买家应付邮费 versandkosten fraisdeport"
    ),
    "totals.discount": "orderdiscount totaldiscount couponamount orderdiscountamount discountcodeamount 整单优惠 订单优惠 优惠金额 订单折扣 优惠",
    "totals.tax": "ordertax totaltax taxes taxtotal salestax vattotal taxpaid 税额合计 税金 税费 总税额",
    "totals.fees": "fees handlingfee surcharge handling servicefee 手续费 附加费 服务费",
    "totals.paid": "amountpaid totalpaid paidamount 已付金额 已付款",
    "totals.subtotal": "ordersubtotal subtotalamount 商品总额 货款合计 商品总价 货款",
    "customer.tax_id": "vatnumber vatid taxid buyertaxidentifiervalue taxnumber 纳税人识别号 税号",
    "tracking": "trackingnumber trackingno trackingid trackingcode waybill waybillnumber 快递单号 运单号 物流单号 运单编号",
    "invoice.title": "invoicetitle 发票抬头 开票抬头",
    "invoice.type": "invoicetype 发票类型",
    "lines.line_ref": (
        "linenumber lineno linenum lineid linereference lineref lineitemid lineitemnumber orderitemid orderlineid polinenumber poline"
        " poitem itemline line sequence seq seqno rowno no sno slno srno 序号 行号 行次 明细行号 子订单编号 子订单号 子单号 项次 项目 position pos posnr"
    ),
    "lines.sku": (
        "sku skucode skuid productsku itemsku lineitemsku variantsku customlabel sellersku merchantsku vendorsku suppliersku"
        " oursku yoursku partnumber partno partnum part productcode productno productnumber productid itemcode itemnumber itemno"
        " itemid articlenumber articleno article materialnumber material materialcode stockcode stockno stocknumber"
        " modelnumber modelno model catalognumber catalogno catno stylenumber styleno style mpn vendoritem supplieritemcode"
        " supplierpartnumber vendorpartnumber upcnumber upc upccode ean eancode gtin isbn barcode asin code"
        " 商家编码 规格编码 sku编码 sku编号 sku码 商品sku 商品编码 商品编号 商品代码 商品货号 产品编码 产品编号 产品代码 产品货号 产品型号 货品编码 货品编号 货品代码 物料编码"
        " 物料编号 物料号 物料代码 存货编码 存货编号 料号 货号 款号 品号 品番 型号 编码 代码 商品条码 条形码 条码 国际条码 编号 artikelnummer artikelnr"
        " artnr bestellartikel referencearticle refarticle referencia codigo codice articolo varenummer varenr 商品コード артикул"
    ),
    "lines.name": (
        "productname producttitle itemname itemtitle itemdescription productdescription lineitemname lineitemtitle description"
        " descriptions desc title freeformproduct goodsname goods product items item materialdescription articledescription partdescription"
        " 品项 商品名称 产品名称 货品名称 货物名称 物料名称 存货名称 商品标题 宝贝标题 品名 名称 商品 产品 货品 货物 物料 商品名 产品名 品名规格 商品信息 bezeichnung"
        " artikelbezeichnung artikelname artikel produkt produktname beschreibung designation libelle descripcion producto descrizione prodotto"
        " descricao produto omschrijving benamning beskrivelse nazwa наименование товар"
    ),
    "lines.qty": (
        "quantity qty quantityordered qtyordered orderquantity orderqty orderedqty orderedquantity quantitypurchased lineitemquantity"
        " itemquantity itemqty itemcount productquantity productqty lineqty linequantity poqty requestedqty requiredqty quantityrequested"
        " noofunits units count pieces pcs qtyreq 数量 订购数量 订货数量 采购数量 购买数量 商品数量 产品数量 订单数量 需求数量 要货数量 下单数量 宝贝数量 件数"
        " 销售数量 货品数量 总数量 个数 menge anzahl anz bestellmenge stueckzahl stuckzahl quantite qte cantidad cant unidades uds quantita qta"
        " quantidade qtd qtde aantal antal ilość ilosc adet miktar количество колво"
    ),
    "lines.qty_sent": (
        "qtyshipped quantityshipped shippedqty shippedquantity qtydelivered deliveredqty quantitydelivered deliveredquantity qtyfulfilled fulfilledqty"
        " fulfilledquantity 已发数量 已发货数量 实发数量 geliefertemenge qtelivree"
    ),
    "lines.unit": (
        "unit uom unitofmeasure unitofmeasurement unitcode productunitcode productunit productunitprecision measure um me"
        " qtyunit 单位 计量单位 数量单位 销售单位 采购单位 基本单位 einheit mengeneinheit unite unidad"
    ),
    "lines.unit_price": (
        "unitprice priceperunit unitcost priceeach eachprice lineitemprice productprice saleprice sellingprice purchaseprice"
        " netprice netunitprice discountedprice discountedunitprice 折后价 折后单价 costprice wholesaleprice listprice directunitcost unitamount price rate cost soldfor itemprice itemcost"
        " 单价 含税单价 不含税单价 商品单价 产品单价 销售单价 采购单价 售价 价格 商品价格 进价 批发价 成交价 结算价 供货价 einzelpreis stueckpreis"
        " unitpriceexvat unitpriceexclvat unitpriceexcltax unitpriceincvat unitpriceinclvat unitpriceincltax unitpricenet netunit"
        " priceexvat priceexclvat priceexcltax priceincvat priceinclvat priceincltax grossprice grossunitprice"
        " bruttopreis nettoeinzelpreis einzelpreisnetto einzelpreisbrutto prixht prixttc prixunitaireht prixunitairettc puht"
        " stückpreis preis nettopreis listenpreis listunitprice regularprice originalprice catalogprice catalogueprice 原价 标价 吊牌价 prixcatalogue preciodelista prixunitaire prix precio preciounitario ep epreis prezzo prezzounitario preco precounitario prijs pris cena 単価 цена"
    ),
    "lines.price_per": (
        "priceunit priceper priceperqty pricequantity priceqty pricebasis pricingunit priceunitqty priceuom per pe peh preiseinheit preiseinh preispro"
        " preisje preisbasis unitedeprix basedeprix unidaddeprecio unidadprecio unitadiprezzo prijseenheid prijsper 价格单位 计价单位 单价单位"
        " 计价数量 价格数量"
    ),
    "lines.total": (
        "linetotal lineamount linetotalamount extendedprice extprice extendedamount extcost extendedcost itemtotal totalcost"
        " rowtotal linevalue netamount productamount amount value"
        " 金额 小计 行金额 商品金额 总额 含税金额 不含税金额 货款金额 gesamtpreis gp betrag montant importe importo"
    ),
    "lines.discount": "linediscount lineitemdiscount itemdiscount discountamount discount 折扣金额 商品优惠 折扣额 单品优惠 disc rabatt remise sconto descuento",
    "lines.tax": "linetax itemtax taxamount lineitemtax tax vat vatamount gst 税额 行税额",
    "lines.note": "linenote linenotes linecomment itemnote itemcomment myitemnote 行备注 明细备注 商品备注",
    "options.size": "size lineitemsize 尺码 尺寸",
    "options.color": "color colour 颜色 色号",
    "options.variant": "variant variation variationdetails variantname variants productoptions options 规格 规格型号 商品规格 产品规格 规格属性 商品属性 属性 sku属性 套餐",
    "plain.total": "total gesamt totalprice totalamount 总价 总计 合计 合计金额 总金额 价税合计",
    "plain.subtotal": "subtotal",
    "plain.name": "name 姓名",
}  # fmt: skip

#: What may stand before a part of an address or contact, and whose it is then; the empty one last.
OWNERS: dict[str, str] = {
    "ship_to": (
        "shipto shiptoaddress ship shipping shippingaddress delivery deliver deliverto deliveryaddress recipient receiver"
        " consignee destination shipment dropship 收货 收件 收货人 收件人 送货 配送 收件方 收货方 lieferadresse liefer livraison"
    ),
    "bill_to": (
        "billto billtoaddress bill billing billingaddress invoice invoiceaddress invoiceto soldto payer 账单 开票 发票"
        " rechnungsadresse rechnung facturation"
    ),
    "customer": (
        "customer customers buyer client account dealer distributor purchaser cust orderedby retailer reseller company"
        " 客户 买家 经销商 购货单位 订货单位 采购单位 采购方 订购人 下单人 购货方 会员 需方 门店 店铺 代理商 分销商 kunde kunden"
    ),
}  # fmt: skip

PARTS: dict[str, str] = {
    "name": "name fullname contact contactname contactperson attn attention person 人 人姓名 姓名 名称 名 联系人 昵称 ansprechpartner",
    "first_name": "firstname fname givenname vorname",
    "last_name": "lastname lname surname familyname nachname",
    "company": "company companyname organization organisation business businessname 公司 公司名称 单位 单位名称 firma",
    "address": "address fulladdress addr location 地址 详细地址 街道地址 完整地址 adresse anschrift direccion indirizzo",
    "line1": "address1 addressline1 address12 addr1 line1 street street1 streetaddress addressstreet streetname strasse straße rue 地址1 地址一",
    "line2": "address2 addressline2 addr2 line2 street2 suite apartment apt unitno addressstreet2 地址2 地址二",
    "line3": "address3 addressline3 addr3 line3 street3",
    "house": "housenumber streetnumber addressnumber hausnummer",
    "town": "街道 镇 乡镇 街道镇 township",
    "district": "district county 区 区县 县 县区 地区 市区 区域",
    "city": "city cityname town locality addresscity 市 县市 城市 地市 ort stadt ville ciudad città citta",
    "region": "state province region statecode provincecode stateprovince stateorprovince stateregion addressstate addressregion prov 省 省份 州 省州 省市 bundesland",
    "postal_code": "zip zipcode zippostalcode postalcode postcode postal pincode addresspostalcode 邮编 邮政编码 邮递区号 plz postleitzahl codepostal cp cap",
    "country": "country countrycode countryname addresscountry 国家 国家地区 国家代码 国家二字码 land pays pais paese",
    "phone": "phone phonenumber phoneno tel telephone telephonenumber mobile mobilephone mobilenumber cell contactnumber contactno contactphone 电话 手机 手机号 手机号码 联系电话 联系手机 联系方式 电话号码 固定电话 座机 telefon",
    "email": "email emailaddress mail 邮箱 电子邮箱 电子邮件",
    "id": "id number no code num accountno accountnumber accountid 编号 编码 代码 id号 号 nummer kundennummer",
    "tax_id": "taxid vatid vatnumber taxnumber 税号 纳税人识别号",
    "pickup_point": "pickuppoint pickuplocation pickupstore servicepoint 自提点 自提门店",
}  # fmt: skip

#: Bare parts, with nobody's name before them, that are the receiver's; bare e-mails and ids are the customer's.
_RECEIVERS = frozenset(
    {"address", "line1", "line2", "line3", "house", "town", "district", "city", "region", "postal_code", "country",
     "phone", "first_name", "last_name", "pickup_point"}
)  # fmt: skip
_BARE_CUSTOMER = {"email": "email", "company": "company"}
#: The company's own word is a field; `companyid` and the like are not worth a row.
_OWNER_ALONE = {"ship_to": "name", "bill_to": "name", "customer": "name"}
#: Words that mean something else when they stand alone.
_NOT_ALONE = frozenset(
    {"ship", "shipping", "shippingaddress", "shiptoaddress", "delivery", "deliver", "deliveryaddress", "billing", "shipment",
     "billingaddress", "billtoaddress", "invoice", "invoiceaddress", "account", "company", "destination", "bill", "发票", "收货",
     "收件", "送货", "配送", "账单", "开票", "dropship", "lieferadresse", "rechnungsadresse", "liefer", "rechnung", "livraison",
     "facturation", "采购单位", "门店", "店铺", "会员"}
)  # fmt: skip
_ALONE_ADDRESS = frozenset(
    {"shippingaddress", "shiptoaddress", "deliveryaddress", "billingaddress", "billtoaddress", "invoiceaddress"}
)


def table() -> Iterator[tuple[str, str, int]]:
    """Yield (normal form, field, strength); a lower strength is a stronger name."""
    for field, names in NAMES.items():
        for strength, name in enumerate(names.split()):
            yield name, field, strength
    for owner, prefixes in OWNERS.items():
        yield from _owned(owner, prefixes.split())
    for part, names in PARTS.items():
        yield from _bare(part, names.split())


def _owned(owner: str, prefixes: list[str]) -> Iterator[tuple[str, str, int]]:
    for prefix in prefixes:
        if prefix in _ALONE_ADDRESS:
            yield prefix, f"{owner}.address", 20
        if prefix not in _NOT_ALONE:
            yield prefix, f"{owner}.{_OWNER_ALONE[owner]}", 30
        for part, names in PARTS.items():
            for strength, name in enumerate(names.split()):
                yield prefix + name, f"{owner}.{part}", strength


def _bare(part: str, names: list[str]) -> Iterator[tuple[str, str, int]]:
    for strength, name in enumerate(names):
        if part in _RECEIVERS:
            yield name, f"ship_to.{part}", 40 + strength
        elif part in _BARE_CUSTOMER:
            yield name, f"customer.{part}", 40 + strength
        elif part == "name" and name not in ("name", "姓名", "人", "名", "名称"):
            yield name, "ship_to.name", 45 + strength
