"""What other systems call the columns of their tables of customers, beside our own titles; without spaces."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TITLES = {
    "name": (
        "客户名称 客户姓名 客户 姓名 名称 名字 顾客名称 顾客姓名 用户名称 用户姓名 单位名称 公司名称 企业名称 联系人"
        " customer customername fullname"
    ),
    "key": "客户编号 客户编码 客户代码 顾客编号 用户编号 编号 编码 customernumber customerid id",
    "type": "类型 客户类型 客户性质 性质 个人/单位 customertype",
    "organisation": "所属单位 所在单位 工作单位 单位 公司 所属公司 所属企业 company organization employer",
    "kinds": "客户类别 类别 客户种类 种类 客户分类 kind category",
    "phone": (
        "电话 手机 手机号 手机号码 联系电话 电话号码 联系方式 固定电话 座机 办公电话 移动电话 备用电话 备用手机"
        " telephone mobile tel phonenumber"
    ),
    "email": "邮箱 电子邮箱 电子邮件 邮件 邮箱地址 mail e-mailaddress",
    "attention": "备注 注意事项 提醒 特别提示 note remark",
    "salesperson": "业务员 销售员 销售人员 销售 客户经理 业务经理 sales accountmanager",
    "custodian": "档案保管人 保管人 档案责任人 责任人 负责人 owner",
    "secrecy": "密级 保密级别 保密等级",
    "visit_class": "分类 abc分类 abc类 等级 客户等级 级别 abc",
    "tier": "层级 客户层级 重要程度",
    "reason": "分类依据 分类理由 分类原因 定级理由 classreason",
    "product_name": "产品 产品名称 产品型号 型号 购买产品 商品 商品名称",
    "product_serial": "序列号 产品编号 机身号 出厂编号 sn serial serialnumber",
    "product_from": "购买日期 购机日期 验收日期 安装日期 purchasedate",
    "product_until": "保修到期 保修截止 保修期至 质保到期 质保截止 warrantyuntil",
    "vehicle_name": "车辆 车型 车辆型号 品牌车型",
    "vehicle_serial": "车牌 车牌号 车牌号码 车辆号牌 车架号 vin plate",
    "vehicle_from": "购车日期 上牌日期 改装日期",
    "vehicle_until": "车辆保修到期 年检到期 检验到期",
    "contract_name": "合同 合同名称 合同内容",
    "contract_serial": "合同编号 合同号 contractno",
    "contract_from": "签订日期 合同开始 合同开始日期 合同签订日期 生效日期",
    "contract_until": "合同到期 合同到期日 合同结束日期 合同截止日期 到期日期",
    "contract_amount": "合同金额 合同额 金额 contractamount",
    "address": "地址 联系地址 通讯地址 详细地址 单位地址 住址",
    "postcode": "邮编 邮政编码 zip",
    "fax": "传真 传真号码",
    "legal_representative": "法人 法定代表人 法人代表",
    "registered_capital": "注册资本 注册资金",
    "business_scope": "经营范围 主营业务",
    "qualifications": "资质 资质证书",
    "credit": "信用 资信 信用情况 资信情况",
}
#: Code of a field -> titles.
TITLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(words.split()) for code, words in _TITLES.items()}
)
#: Beside a column with one of these, a column of the firms names where the person belongs to.
PEOPLE = frozenset({"姓名", "客户姓名", "顾客姓名", "用户姓名", "名字", "联系人", "fullname"})
FIRMS = frozenset({"公司名称", "单位名称", "企业名称"})
