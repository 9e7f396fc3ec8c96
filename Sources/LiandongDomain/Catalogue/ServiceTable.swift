extension ServiceCatalogue {
    /// What residents of a city district ask for, in the groups that hotlines use.
    static let table: [Service] =
        sanitation + pollution + roads + utilities + parks + housing + safety + residents + order + markets + other

    private static let sanitation: [Service] = [
        Service(
            code: "0101",
            name: Localized("垃圾清运不及时", "Waste not collected"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("生活垃圾满溢、清运不及时", "Household waste overflowing or not collected in time"),
            keywords: ["垃圾", "清运", "garbage", "waste", "sanitation"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0102",
            name: Localized("道路不洁", "Dirty street"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("路面积尘、积泥、遗撒", "Dirt, mud or spillage on the street"),
            keywords: ["保洁", "dirty", "litter", "street cleaning"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0103",
            name: Localized("乱堆物料", "Illegal dumping"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("建筑垃圾、大件杂物乱堆放", "Rubble or bulky items dumped"),
            keywords: ["堆放", "建筑垃圾", "dumping", "debris", "derelict vehicle"],
            deadline: .normal,
            attributes: [
                ServiceAttribute(
                    code: "volume",
                    dataType: .number,
                    isRequired: false,
                    description: Localized("大约几立方米", "How many cubic metres, roughly?"),
                    values: []
                )
            ]
        ),
        Service(
            code: "0104",
            name: Localized("非法小广告", "Graffiti and flyposting"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("乱张贴、乱涂写、散发小广告", "Graffiti, posters and stickers"),
            keywords: ["小广告", "graffiti", "flyposting"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0105",
            name: Localized("公厕问题", "Public toilet"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("公共厕所脏污、损坏、停用", "Public toilet dirty, broken or closed"),
            keywords: ["厕所", "toilet", "restroom"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0106",
            name: Localized("鼠蚁蚊蝇", "Pests"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("老鼠、蟑螂、蚊蝇等病媒生物", "Rodents, cockroaches, mosquitoes"),
            keywords: ["老鼠", "rodent", "pest", "mosquito", "rat"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0107",
            name: Localized("占道经营", "Street vending"),
            group: Localized("市容环境", "City appearance and sanitation"),
            description: Localized("占用道路流动摆摊、店外经营", "Vendors blocking the way, trading outside the shop"),
            keywords: ["摆摊", "vending", "vendor"],
            deadline: .urgent,
            attributes: []
        ),
    ]

    private static let pollution: [Service] = [
        Service(
            code: "0201",
            name: Localized("生活噪声", "Residential noise"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("邻里噪声、音乐、聚会、犬吠", "Loud music, parties, neighbours, barking"),
            keywords: ["噪音", "noise", "loud music", "party", "banging"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "time",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("发生时段", "When is it heard?"),
                    values: [
                        ServiceAttribute.Choice(key: "day", name: Localized("白天（6–22时）", "by day (6 to 22 h)")),
                        ServiceAttribute.Choice(key: "night", name: Localized("夜间（22–6时）", "by night (22 to 6 h)")),
                    ]
                )
            ]
        ),
        Service(
            code: "0202",
            name: Localized("施工噪声", "Construction noise"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("夜间施工、装修噪声", "Building work at night, renovation noise"),
            keywords: ["施工", "construction", "jackhammer", "noise"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "time",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("发生时段", "When is it heard?"),
                    values: [
                        ServiceAttribute.Choice(key: "day", name: Localized("白天（6–22时）", "by day (6 to 22 h)")),
                        ServiceAttribute.Choice(key: "night", name: Localized("夜间（22–6时）", "by night (22 to 6 h)")),
                    ]
                )
            ]
        ),
        Service(
            code: "0203",
            name: Localized("商业噪声", "Commercial noise"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("商铺、酒吧、广场舞音响噪声", "Noise of shops, bars, square dancing"),
            keywords: ["商业", "commercial", "club", "bar", "noise"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "time",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("发生时段", "When is it heard?"),
                    values: [
                        ServiceAttribute.Choice(key: "day", name: Localized("白天（6–22时）", "by day (6 to 22 h)")),
                        ServiceAttribute.Choice(key: "night", name: Localized("夜间（22–6时）", "by night (22 to 6 h)")),
                    ]
                )
            ]
        ),
        Service(
            code: "0204",
            name: Localized("交通噪声", "Traffic noise"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("机动车鸣笛、改装车噪声", "Horns, loud vehicles, idling engines"),
            keywords: ["鸣笛", "vehicle noise", "horn", "engine idling"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0205",
            name: Localized("空气异味与油烟", "Smell and fumes"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("油烟、异味、扬尘、露天焚烧", "Cooking fumes, smells, dust, open burning"),
            keywords: ["油烟", "air quality", "smell", "odor", "dust"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0206",
            name: Localized("水体污染", "Water pollution"),
            group: Localized("噪声与污染", "Noise and pollution"),
            description: Localized("河道黑臭、偷排污水", "Polluted river, illegal discharge"),
            keywords: ["河道", "污水", "pollution", "river"],
            deadline: .urgent,
            attributes: []
        ),
    ]

    private static let roads: [Service] = [
        Service(
            code: "0301",
            name: Localized("路面破损", "Road defect"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("坑洼、裂缝、塌陷、井盖沉降", "Potholes, cracks, subsidence"),
            keywords: ["坑洼", "pothole", "street condition", "sidewalk", "curb"],
            deadline: .normal,
            attributes: [
                ServiceAttribute(
                    code: "where",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("破损位置", "Where is the damage?"),
                    values: [
                        ServiceAttribute.Choice(key: "carriageway", name: Localized("机动车道", "carriageway")),
                        ServiceAttribute.Choice(key: "footway", name: Localized("人行道", "footway")),
                        ServiceAttribute.Choice(key: "kerb", name: Localized("路缘石", "kerb")),
                    ]
                )
            ]
        ),
        Service(
            code: "0302",
            name: Localized("井盖缺失", "Missing manhole cover"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("井盖缺失、破损、移位", "Manhole cover missing, broken or moved"),
            keywords: ["井盖", "manhole", "cave-in"],
            deadline: .immediate,
            attributes: []
        ),
        Service(
            code: "0303",
            name: Localized("路灯故障", "Street light out"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("路灯不亮、常亮、灯杆损坏", "Street light out, always on, or post damaged"),
            keywords: ["路灯", "street light", "lamp"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "pole",
                    dataType: .string,
                    isRequired: false,
                    description: Localized("灯杆编号", "Number on the post"),
                    values: []
                )
            ]
        ),
        Service(
            code: "0304",
            name: Localized("信号灯与标志", "Traffic signals and signs"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("信号灯故障、标志标线缺损", "Signals out of order, signs or markings damaged"),
            keywords: ["信号灯", "traffic signal", "sign", "marking"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0305",
            name: Localized("违法停车", "Illegal parking"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("机动车占道、占消防通道、占盲道停放", "Vehicles blocking road, fire lane or footway"),
            keywords: ["停车", "illegal parking", "blocked driveway", "double parking"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "plate",
                    dataType: .string,
                    isRequired: false,
                    description: Localized("车牌号", "Number plate"),
                    values: []
                ),
                ServiceAttribute(
                    code: "blocks",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("占用何处", "What does it block?"),
                    values: [
                        ServiceAttribute.Choice(key: "fire-lane", name: Localized("消防通道", "fire lane")),
                        ServiceAttribute.Choice(key: "driveway", name: Localized("出入口", "driveway")),
                        ServiceAttribute.Choice(key: "footway", name: Localized("人行道、盲道", "footway")),
                    ]
                ),
            ]
        ),
        Service(
            code: "0306",
            name: Localized("共享单车乱停", "Shared bicycles"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("共享单车、电动车乱停放", "Shared bicycles or e-bikes left in the way"),
            keywords: ["单车", "bicycle", "bike rack", "e-bike"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0307",
            name: Localized("废弃机动车", "Abandoned vehicle"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("僵尸车长期占用公共车位", "Vehicle left for long in a public place"),
            keywords: ["僵尸车", "derelict vehicle", "abandoned"],
            deadline: .complex,
            attributes: []
        ),
        Service(
            code: "0308",
            name: Localized("公共交通", "Public transport"),
            group: Localized("道路交通", "Roads and traffic"),
            description: Localized("公交站点、班次、出租汽车服务", "Bus stops and service, taxis"),
            keywords: ["公交", "出租车", "taxi", "bus", "ferry"],
            deadline: .normal,
            attributes: []
        ),
    ]

    private static let utilities: [Service] = [
        Service(
            code: "0401",
            name: Localized("供水问题", "Water supply"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("停水、水压不足、水质异常、管网漏水", "No water, low pressure, quality, leaking main"),
            keywords: ["停水", "water", "leak", "hydrant", "water quality"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0402",
            name: Localized("供暖问题", "Heating"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("不供暖、温度不达标、暖气漏水", "No heat, too cold, leaking radiators"),
            keywords: ["暖气", "heat", "hot water", "heating"],
            deadline: .urgent,
            attributes: [
                ServiceAttribute(
                    code: "temperature",
                    dataType: .number,
                    isRequired: false,
                    description: Localized("室内温度（℃）", "Indoor temperature in °C"),
                    values: []
                )
            ]
        ),
        Service(
            code: "0403",
            name: Localized("供电问题", "Electricity"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("停电、线路老化、电表故障", "Power cut, old wiring, meter"),
            keywords: ["停电", "electric", "power"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0404",
            name: Localized("燃气问题", "Gas supply"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("燃气泄漏、停气、表具故障", "Gas leak, no gas, meter"),
            keywords: ["燃气", "gas leak", "gas"],
            deadline: .immediate,
            attributes: []
        ),
        Service(
            code: "0405",
            name: Localized("排水与内涝", "Sewers and flooding"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("下水道堵塞、污水外溢、积水", "Blocked sewer, overflow, standing water"),
            keywords: ["下水道", "sewer", "flooding", "catch basin"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0406",
            name: Localized("通信线缆", "Cables"),
            group: Localized("市政公用", "Public utilities"),
            description: Localized("线缆脱落、弱电箱破损", "Fallen cables, damaged cabinets"),
            keywords: ["线缆", "cable", "telecom"],
            deadline: .normal,
            attributes: []
        ),
    ]

    private static let parks: [Service] = [
        Service(
            code: "0501",
            name: Localized("树木修剪与倒伏", "Trees"),
            group: Localized("园林绿化", "Parks and trees"),
            description: Localized("树木倒伏、枯死、遮挡、病虫害", "Fallen, dead or overgrown trees"),
            keywords: ["树木", "tree", "damaged tree", "branch", "dead tree"],
            deadline: .normal,
            attributes: [
                ServiceAttribute(
                    code: "danger",
                    dataType: .singleValueList,
                    isRequired: false,
                    description: Localized("是否危及人车", "Does it endanger people or vehicles?"),
                    values: [
                        ServiceAttribute.Choice(key: "yes", name: Localized("是", "yes")),
                        ServiceAttribute.Choice(key: "no", name: Localized("否", "no")),
                    ]
                )
            ]
        ),
        Service(
            code: "0502",
            name: Localized("绿地毁损", "Green space"),
            group: Localized("园林绿化", "Parks and trees"),
            description: Localized("毁绿种菜、草坪破坏", "Green space damaged or misused"),
            keywords: ["绿地", "lawn", "park"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0503",
            name: Localized("公园设施", "Park facilities"),
            group: Localized("园林绿化", "Parks and trees"),
            description: Localized("健身器材、座椅、儿童设施损坏", "Exercise, seating or play equipment broken"),
            keywords: ["公园", "健身", "playground", "park maintenance"],
            deadline: .normal,
            attributes: []
        ),
    ]

    private static let housing: [Service] = [
        Service(
            code: "0601",
            name: Localized("违法建设", "Illegal construction"),
            group: Localized("房屋与物业", "Housing and property"),
            description: Localized("私搭乱建、加盖、占用公共部位", "Building without permit, annexes, blocked common parts"),
            keywords: ["违建", "illegal construction", "building", "permit"],
            deadline: .complex,
            attributes: []
        ),
        Service(
            code: "0602",
            name: Localized("房屋安全", "Building safety"),
            group: Localized("房屋与物业", "Housing and property"),
            description: Localized("墙皮脱落、漏水、结构裂缝、危房", "Falling plaster, leaks, cracks, dangerous building"),
            keywords: ["危房", "plumbing", "paint", "plaster", "water leak", "structure"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0603",
            name: Localized("电梯故障", "Lift out of order"),
            group: Localized("房屋与物业", "Housing and property"),
            description: Localized("电梯困人、停运、异响", "Lift stuck, out of service or making noises"),
            keywords: ["电梯", "elevator", "lift"],
            deadline: .immediate,
            attributes: [
                ServiceAttribute(
                    code: "trapped",
                    dataType: .singleValueList,
                    isRequired: true,
                    description: Localized("是否有人被困", "Is anybody trapped?"),
                    values: [
                        ServiceAttribute.Choice(key: "yes", name: Localized("是", "yes")),
                        ServiceAttribute.Choice(key: "no", name: Localized("否", "no")),
                    ]
                )
            ]
        ),
        Service(
            code: "0604",
            name: Localized("物业服务", "Property management"),
            group: Localized("房屋与物业", "Housing and property"),
            description: Localized("物业不作为、收费、维修", "Management not acting, charges, repairs"),
            keywords: ["物业", "landlord", "maintenance", "general construction"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0605",
            name: Localized("房屋租赁", "Tenancy"),
            group: Localized("房屋与物业", "Housing and property"),
            description: Localized("群租、租赁纠纷、房屋登记", "Overcrowded letting, disputes, registration"),
            keywords: ["租房", "rent", "tenant", "lease"],
            deadline: .complex,
            attributes: []
        ),
    ]

    private static let safety: [Service] = [
        Service(
            code: "0701",
            name: Localized("消防隐患", "Fire hazard"),
            group: Localized("公共安全", "Public safety"),
            description: Localized("占用消防通道、飞线充电、消防设施损坏", "Blocked fire exits, unsafe charging, broken equipment"),
            keywords: ["消防", "fire", "fire alarm", "safety"],
            deadline: .immediate,
            attributes: []
        ),
        Service(
            code: "0702",
            name: Localized("高空抛物与坠物", "Falling objects"),
            group: Localized("公共安全", "Public safety"),
            description: Localized("高空抛物、外墙广告牌松动", "Objects thrown from buildings, loose signs"),
            keywords: ["高空抛物", "falling", "sign"],
            deadline: .immediate,
            attributes: []
        ),
        Service(
            code: "0703",
            name: Localized("危险品与施工安全", "Hazards at work"),
            group: Localized("公共安全", "Public safety"),
            description: Localized("危险化学品、工地安全、锅炉", "Hazardous substances, site safety, boilers"),
            keywords: ["危险品", "hazardous", "asbestos", "boiler", "scaffold"],
            deadline: .immediate,
            attributes: []
        ),
        Service(
            code: "0704",
            name: Localized("动物管理", "Animals"),
            group: Localized("公共安全", "Public safety"),
            description: Localized("流浪动物、犬只伤人、无证养犬", "Stray animals, dog bites, unlicensed dogs"),
            keywords: ["流浪狗", "animal", "dog", "abuse"],
            deadline: .urgent,
            attributes: []
        ),
    ]

    private static let residents: [Service] = [
        Service(
            code: "0801",
            name: Localized("养老服务", "Elder care"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("独居老人探访、助餐、居家养老", "Visits, meals and care at home for older people"),
            keywords: ["养老", "elder", "senior", "home care"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0802",
            name: Localized("社会救助", "Social assistance"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("低保、临时救助、流浪人员救助", "Subsistence allowance, relief, homeless persons"),
            keywords: ["低保", "assistance", "homeless", "benefit"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0803",
            name: Localized("残疾人服务", "Disability services"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("无障碍设施、残疾人补贴", "Barrier-free access, allowances"),
            keywords: ["残疾", "disability", "accessibility", "ramp"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0804",
            name: Localized("医疗卫生", "Health services"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("社区医院、疫苗接种、公共卫生", "Community clinic, vaccination, public health"),
            keywords: ["医院", "health", "vaccination", "smoking"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0805",
            name: Localized("教育入学", "Education"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("入学、学区、托幼", "Enrolment, school districts, nurseries"),
            keywords: ["入学", "school", "education"],
            deadline: .complex,
            attributes: []
        ),
        Service(
            code: "0806",
            name: Localized("户籍与证明", "Registration and certificates"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("户口、居住证、各类证明", "Household registration, residence permits, certificates"),
            keywords: ["户口", "certificate", "permit", "dof"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "0807",
            name: Localized("劳动就业", "Work and employment"),
            group: Localized("民生服务", "Resident services"),
            description: Localized("欠薪、就业、社保", "Unpaid wages, jobs, social insurance"),
            keywords: ["欠薪", "wage", "employment", "social insurance"],
            deadline: .complex,
            attributes: []
        ),
    ]

    private static let order: [Service] = [
        Service(
            code: "0901",
            name: Localized("邻里纠纷", "Neighbour dispute"),
            group: Localized("社会治安与矛盾", "Order and disputes"),
            description: Localized("邻里矛盾、家庭纠纷调解", "Mediation between neighbours or in families"),
            keywords: ["纠纷", "调解", "dispute", "mediation"],
            deadline: .complex,
            attributes: []
        ),
        Service(
            code: "0902",
            name: Localized("治安问题", "Public order"),
            group: Localized("社会治安与矛盾", "Order and disputes"),
            description: Localized(
                "扰乱秩序、聚众、可疑情况（紧急请拨110）",
                "Disorder, gatherings, suspicious matters (in an emergency dial 110)"
            ),
            keywords: ["治安", "disorderly", "drinking", "drug", "panhandling", "police"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "0903",
            name: Localized("诈骗与骚扰", "Fraud and harassment"),
            group: Localized("社会治安与矛盾", "Order and disputes"),
            description: Localized("电信诈骗、骚扰电话", "Telephone fraud, harassment"),
            keywords: ["诈骗", "fraud", "scam", "harassment"],
            deadline: .urgent,
            attributes: []
        ),
    ]

    private static let markets: [Service] = [
        Service(
            code: "1001",
            name: Localized("食品安全", "Food safety"),
            group: Localized("市场与食品", "Markets and food"),
            description: Localized("餐饮卫生、变质食品", "Hygiene of restaurants, spoilt food"),
            keywords: ["食品", "food", "restaurant", "food poisoning"],
            deadline: .urgent,
            attributes: []
        ),
        Service(
            code: "1002",
            name: Localized("消费投诉", "Consumer complaint"),
            group: Localized("市场与食品", "Markets and food"),
            description: Localized("价格、退款、虚假宣传", "Prices, refunds, false advertising"),
            keywords: ["消费", "consumer", "refund", "price"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "1003",
            name: Localized("无照经营", "Unlicensed trading"),
            group: Localized("市场与食品", "Markets and food"),
            description: Localized("无证无照经营", "Trading without a licence"),
            keywords: ["无照", "license", "unlicensed"],
            deadline: .normal,
            attributes: []
        ),
    ]

    private static let other: [Service] = [
        Service(
            code: "9901",
            name: Localized("意见建议", "Suggestion"),
            group: Localized("其他", "Other"),
            description: Localized("对政府工作的意见和建议", "Opinions and suggestions on city government"),
            keywords: ["建议", "suggestion", "feedback"],
            deadline: .complex,
            attributes: []
        ),
        Service(
            code: "9902",
            name: Localized("咨询", "Enquiry"),
            group: Localized("其他", "Other"),
            description: Localized("政策咨询、办事咨询", "Questions about policies and procedures"),
            keywords: ["咨询", "question", "information"],
            deadline: .normal,
            attributes: []
        ),
        Service(
            code: "9999",
            name: Localized("其他诉求", "Other"),
            group: Localized("其他", "Other"),
            description: Localized("不属于以上类别的诉求", "What fits nowhere above"),
            keywords: ["其他", "other", "miscellaneous"],
            deadline: .normal,
            attributes: []
        ),
    ]
}
