"""More pasted blocks: goods joined by words, labels without colons, Taiwan, Macao and India."""

from __future__ import annotations

#: Block -> (name, phone, (region, city, lines), [(sku or name, qty, unit)]).
SHAPES: dict[str, tuple[object, ...]] = {
    "麻烦发两箱雪碧和三盒B-77到杭州市西湖区文一路28号，收件人李小红，电话13912340000": ("李小红", "+8613912340000", ("浙江省", "杭州市", ("文一路28号",)), [("雪碧", 2, "箱"), ("B-77", 3, "盒")]),
    "孙丽 13800139999 浙江省杭州市西湖区文三路9号 SKU-12 x2 SKU-34 x1": ("孙丽", "+8613800139999", ("浙江省", "杭州市", ("文三路9号",)), [("SKU-12", 2, None), ("SKU-34", 1, None)]),
    "K-1*2，K-22*1 浙江省杭州市西湖区文三路9号 孙丽收 0571-88880000转12": ("孙丽", "+8657188880000", ("浙江省", "杭州市", ("文三路9号",)), [("K-1", 2, None), ("K-22", 1, None)]),
    "收貨人：陳小明\n電話：+852 9123 0000\n地址：香港九龍彌敦道10號\n貨品：T-9 3盒": ("陳小明", "+85291230000", ("香港特别行政区", "香港", ("九龍彌敦道10號",)), [("T-9", 3, "盒")]),
    "王小姐 0912-345-000 台北市信義路五段9號 A-100 2個": ("王小姐", "+886912345000", ("台湾省", "台北市", ("信義路五段9號",)), [("A-100", 2, "個")]),
    "黄生 +853 6612 0000 澳門新口岸宋玉生廣場2號 B200 5件": ("黄生", "+85366120000", ("澳门特别行政区", None, ("新口岸宋玉生廣場2號",)), [("B200", 5, "件")]),
    "收货人 赵六 手机号 18612340000 所在地区 江苏省南京市鼓楼区 详细地址 中山北路7号 货号 N-1 数量 20 单位 箱 单价 35": ("赵六", "+8618612340000", ("江苏省", "南京市", ("中山北路7号",)), [("N-1", 20, "箱")]),
    "4盒A-102 张三13800138001广东省深圳市南山区粤海街道科技园": ("张三", "+8613800138001", ("广东省", "深圳市", ("科技园",)), [("A-102", 4, "盒")]),
    "上海市徐汇区漕溪北路9号 周经理(收) 139-1777-0000 M8螺栓 1000个 0.12元/个": ("周经理", "+8613917770000", ("上海市", "上海市", ("漕溪北路9号",)), [("M8", 1000, "个")]),
    "name: Li Wei\nmobile 138 0013 8002\naddr: Tower B, 88 Jianguo Road, Beijing 100022, China\norder: 5x ABC-12": ("Li Wei", "+8613800138002", (None, "Beijing", ("Tower B", "88 Jianguo Road")), [("ABC-12", 5, None)]),
    "Ravi Rao\n+91 98765 43000\nFlat 2, MG Road\nNear City Hospital\nKolkata, West Bengal - 700001\n3 x TEA-9": ("Ravi Rao", "+919876543000", ("West Bengal", "Kolkata", ("Flat 2", "MG Road", "Near City Hospital")), [("TEA-9", 3, None)]),
    "Send 10 units of SKU 4006381333000 to: Hans Moser, Ringstraße 7, 80469 München, Deutschland; Tel.: 089/123400": ("Hans Moser", "+4989123400", (None, "München", ("Ringstraße 7",)), [("4006381333000", 10, "units")]),
    "*Order Number:* ORD-7\nName: Al Roth\nPhone: +1 212 555 0100\n*Shipping Address:*\n12 Main Street\nNew York, USA\nItem: MUG-1 2 pcs": ("Al Roth", "+12125550100", (None, "New York", ("12 Main Street",)), [("MUG-1", 2, "pcs")]),
}  # fmt: skip
