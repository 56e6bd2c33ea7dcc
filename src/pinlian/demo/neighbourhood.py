"""Who lives in the demo neighbourhood, where they meet, and what is sold to them. Places and people are invented."""

from dataclasses import dataclass

from pinlian.domain.offer import WindowKind

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Place:
    """A pickup point."""

    code: str
    name: str
    district: str
    address: str
    opening_hours: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A demo person; the telephone number is made from the position in the list."""

    name: str
    place: str
    language: str = "zh-hans"


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant with the person who runs it."""

    key: str
    name: str
    region: str
    about: str
    keeper: str


@dataclass(frozen=True, slots=True)
class Good:
    """A product and the offer made of it.

    Attributes:
        ladder: units from which a price holds, and the price in fen.
        leader_bps: the leader's share.
    """

    key: str
    shop: str
    category: str
    illustration: str
    name: tuple[str, str]
    unit: tuple[str, str]
    description: tuple[str, str]
    ladder: tuple[tuple[int, int], ...]
    stock_cap: int
    window_kind: WindowKind
    window_seconds: int
    leader_bps: int


PLACES = (
    Place("guihua", "桂花苑东门驿站", "桂花苑", "杭州市拱墅区桂雨路 18 号桂花苑东门岗亭旁", "每天 9:00-20:30"),
    Place("yunhe", "运河湾三号楼大堂", "运河湾", "杭州市拱墅区漕舫路 66 号运河湾三号楼一层", "每天 8:00-21:00"),
    Place("qingnian", "青年里便民小站", "青年里", "杭州市拱墅区织锦巷 5 号青年里社区服务站", "周一至周六 10:00-19:30"),
)

SHOPS = (
    Shop(
        "hills",
        "临安山里菜合作社",
        "浙江临安",
        "天目山脚下二十三户人家合起来种菜，清晨采收，当天装车，不催熟，不泡水。",
        "吴志远",
    ),
    Shop("orchard", "塘栖果园", "浙江余杭塘栖", "三代人守着运河边的果园，枇杷、蜜桔、翠冠梨，熟了才摘。", "沈月娥"),
    Shop("granary", "良渚粮油铺", "浙江余杭良渚", "自家磨坊现碾新米，邻村散养的鸡蛋，鲜奶每天早上五点到。", "顾春生"),
    Shop("tidy", "洁邻日用", "浙江义乌", "厂里直接到小区的日用品，七天内不喜欢都可以退。", "钱晓燕"),
)

LEADERS = (
    Neighbour("陈大姐", "guihua"),
    Neighbour("老周", "yunhe"),
    Neighbour("小林", "qingnian"),
)

OPERATOR = Neighbour("拼链客服 小何", "guihua")

WAREHOUSE_KEEPER = Neighbour("冯师傅", "guihua")

RESIDENTS = (
    Neighbour("王秀兰", "guihua"),
    Neighbour("李建国", "guihua"),
    Neighbour("张敏", "guihua"),
    Neighbour("Emma Clarke", "guihua", "en"),
    Neighbour("赵阿姨", "guihua"),
    Neighbour("孙浩", "guihua"),
    Neighbour("何小雨", "guihua"),
    Neighbour("刘桂芳", "yunhe"),
    Neighbour("杨帆", "yunhe"),
    Neighbour("黄磊", "yunhe"),
    Neighbour("周婷婷", "yunhe"),
    Neighbour("徐师傅", "yunhe"),
    Neighbour("朱奶奶", "yunhe"),
    Neighbour("胡晓东", "yunhe"),
    Neighbour("郭静", "qingnian"),
    Neighbour("马超", "qingnian"),
    Neighbour("罗丹", "qingnian"),
    Neighbour("梁伟", "qingnian"),
    Neighbour("宋小宝妈妈", "qingnian"),
    Neighbour("唐爷爷", "qingnian"),
)

_FRESH, _NO_REASON = WindowKind.FRESHNESS, WindowKind.NO_REASON

GOODS = (
    Good(
        "bok-choy",
        "hills",
        "vegetables",
        "leafy-green",
        ("高山小青菜", "Mountain pak choi"),
        ("500 克", "500 g"),
        (
            "海拔八百米的小青菜，经霜后更甜，带根装袋。",
            "Pak choi grown at 800 metres, sweeter after frost; sold with roots.",
        ),
        ((1, 480), (20, 430), (40, 390)),
        200,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "tomatoes",
        "hills",
        "vegetables",
        "tomato",
        ("沙瓤番茄", "Old-variety tomatoes"),
        ("1 千克", "1 kg"),
        ("老品种，自然熟，皮薄多汁，适合生吃和炖汤。", "An old variety ripened on the vine, thin-skinned and juicy."),
        ((1, 1280), (15, 1180), (30, 1080)),
        160,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "potatoes",
        "hills",
        "vegetables",
        "potato",
        ("黄心土豆", "Yellow potatoes"),
        ("2.5 千克", "2.5 kg"),
        ("沙地种的黄心土豆，粉糯，个头均匀。", "Floury yellow potatoes from sandy ground, even in size."),
        ((1, 1290), (20, 1150)),
        240,
        _FRESH,
        3 * DAY,
        500,
    ),
    Good(
        "cucumbers",
        "hills",
        "vegetables",
        "cucumber",
        ("水果黄瓜", "Snack cucumbers"),
        ("750 克", "750 g"),
        ("一掌长，脆甜无渣，洗净就能吃。", "Palm-sized, crisp and sweet; wash and eat."),
        ((1, 990), (15, 890)),
        120,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "broccoli",
        "hills",
        "vegetables",
        "broccoli",
        ("有机西兰花", "Broccoli"),
        ("2 棵", "2 heads"),
        ("清晨采收，冰袋送到，花球紧实。", "Cut at dawn and delivered on ice; tight heads."),
        ((1, 1180), (20, 980)),
        120,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "mushrooms",
        "hills",
        "vegetables",
        "mushroom",
        ("鲜香菇", "Fresh shiitake"),
        ("500 克", "500 g"),
        ("椴木香菇，肉厚柄短，香气足。", "Log-grown shiitake, thick and fragrant."),
        ((1, 1580), (15, 1430)),
        100,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "sweet-corn",
        "hills",
        "vegetables",
        "ear-of-corn",
        ("水果玉米", "Sweet corn"),
        ("6 根", "6 ears"),
        ("可以生吃的甜玉米，当天掰当天送。", "Sweet enough to eat raw; picked and delivered the same day."),
        ((1, 1890), (12, 1690), (24, 1560)),
        150,
        _FRESH,
        2 * DAY,
        600,
    ),
    Good(
        "sweet-potatoes",
        "hills",
        "vegetables",
        "roasted-sweet-potato",
        ("天目小香薯", "Baby sweet potatoes"),
        ("2.5 千克", "2.5 kg"),
        ("手指大小，蒸烤都香，一口一个。", "Finger-sized, good steamed or roasted."),
        ((1, 2280), (20, 1980)),
        150,
        _FRESH,
        3 * DAY,
        500,
    ),
    Good(
        "tangerines",
        "orchard",
        "fruit",
        "tangerine",
        ("塘栖蜜桔", "Tangxi tangerines"),
        ("2.5 千克", "2.5 kg"),
        ("皮薄无籽，甜中带一点酸。", "Thin-skinned, seedless, sweet with a little edge."),
        ((1, 2590), (20, 2290), (40, 2090)),
        240,
        _FRESH,
        2 * DAY,
        700,
    ),
    Good(
        "pears",
        "orchard",
        "fruit",
        "pear",
        ("翠冠梨", "Cuiguan pears"),
        ("6 只", "6 pieces"),
        ("脆嫩多汁，冷藏后更好吃。", "Crisp and full of juice; best chilled."),
        ((1, 2980), (15, 2680)),
        150,
        _FRESH,
        2 * DAY,
        700,
    ),
    Good(
        "grapes",
        "orchard",
        "fruit",
        "grapes",
        ("阳光玫瑰葡萄", "Shine Muscat grapes"),
        ("1 千克", "1 kg"),
        ("玫瑰香，十八度以上才剪。", "Muscat-scented, cut only above 18 degrees Brix."),
        ((1, 3980), (10, 3680), (25, 3380)),
        100,
        _FRESH,
        2 * DAY,
        800,
    ),
    Good(
        "strawberries",
        "orchard",
        "fruit",
        "strawberry",
        ("红颜草莓", "Benihoppe strawberries"),
        ("2 盒", "2 punnets"),
        ("大棚头茬，一盒三百克，垫棉防压。", "First flush, 300 g a punnet, packed on cotton."),
        ((1, 4580), (12, 4180)),
        80,
        _FRESH,
        DAY,
        800,
    ),
    Good(
        "kiwis",
        "orchard",
        "fruit",
        "kiwi-fruit",
        ("红心猕猴桃", "Red kiwi fruit"),
        ("12 只", "12 pieces"),
        ("硬果到手，放三五天变软再吃。", "Arrive firm; eat after three to five days."),
        ((1, 3290), (20, 2890)),
        160,
        _FRESH,
        3 * DAY,
        700,
    ),
    Good(
        "apples",
        "orchard",
        "fruit",
        "red-apple",
        ("冰糖心苹果", "Sugar-heart apples"),
        ("2.5 千克", "2.5 kg"),
        ("从阿克苏的老朋友果园发来，果径八十毫米以上。", "From a befriended orchard in Aksu; 80 mm and more."),
        ((1, 3990), (20, 3590), (40, 3290)),
        200,
        _FRESH,
        3 * DAY,
        700,
    ),
    Good(
        "rice",
        "granary",
        "staples",
        "sheaf-of-rice",
        ("良渚新米", "New-harvest rice"),
        ("5 千克", "5 kg"),
        ("下单后现碾，真空装，米香十足。", "Milled to order and vacuum-packed."),
        ((1, 4680), (20, 4280), (50, 3980)),
        300,
        _NO_REASON,
        7 * DAY,
        400,
    ),
    Good(
        "noodles",
        "granary",
        "staples",
        "steaming-bowl",
        ("手工碱水面", "Alkaline noodles"),
        ("4 斤装", "2 kg"),
        ("老作坊当天压面，冷藏三天内吃完。", "Pressed the same day; keep chilled, eat within three days."),
        ((1, 1680), (20, 1480)),
        160,
        _FRESH,
        DAY,
        500,
    ),
    Good(
        "oil",
        "granary",
        "staples",
        "olive",
        ("物理压榨菜籽油", "Pressed rapeseed oil"),
        ("5 升", "5 L"),
        ("本地油菜籽，小榨工艺，烟少味香。", "Local rapeseed, pressed in small lots."),
        ((1, 8900), (15, 8300)),
        120,
        _NO_REASON,
        7 * DAY,
        400,
    ),
    Good(
        "eggs",
        "granary",
        "animal",
        "egg",
        ("林下散养鸡蛋", "Free-range eggs"),
        ("30 枚", "30 eggs"),
        ("竹林里跑的鸡，吃玉米和青草，三天内的蛋。", "From hens under bamboo, at most three days old."),
        ((1, 3680), (20, 3380), (40, 3180)),
        240,
        _FRESH,
        2 * DAY,
        500,
    ),
    Good(
        "milk",
        "granary",
        "animal",
        "glass-of-milk",
        ("当日鲜牛奶", "Fresh milk"),
        ("950 毫升 × 2", "2 × 950 ml"),
        ("巴氏杀菌，早上灌装下午到，冷链送达。", "Pasteurised, bottled in the morning, delivered cold."),
        ((1, 2980), (20, 2680)),
        160,
        _FRESH,
        DAY,
        500,
    ),
    Good(
        "honey",
        "granary",
        "staples",
        "honey-pot",
        ("土蜂百花蜜", "Wildflower honey"),
        ("500 克", "500 g"),
        ("一年取一次的土蜂蜜，会结晶，不加糖。", "Harvested once a year; it crystallises, nothing is added."),
        ((1, 6800), (10, 6200)),
        60,
        _NO_REASON,
        7 * DAY,
        600,
    ),
    Good(
        "paper",
        "tidy",
        "household",
        "roll-of-paper",
        ("原木抽纸", "Facial tissues"),
        ("24 包", "24 packs"),
        ("四层加厚，不加香，整箱送到。", "Four-ply and unscented, by the case."),
        ((1, 3990), (20, 3590), (50, 3290)),
        300,
        _NO_REASON,
        7 * DAY,
        500,
    ),
    Good(
        "detergent",
        "tidy",
        "household",
        "lotion-bottle",
        ("浓缩洗衣液", "Concentrated laundry liquid"),
        ("2 千克", "2 kg"),
        ("低泡易漂，一桶洗八十次。", "Low foam, eighty washes a bottle."),
        ((1, 3290), (20, 2890)),
        200,
        _NO_REASON,
        7 * DAY,
        500,
    ),
    Good(
        "gloves",
        "tidy",
        "household",
        "gloves",
        ("加绒家务手套", "Lined household gloves"),
        ("2 双", "2 pairs"),
        ("加长袖口，冬天洗碗不冻手。", "Long cuffs and a warm lining."),
        ((1, 1590), (15, 1390)),
        150,
        _NO_REASON,
        7 * DAY,
        500,
    ),
    Good(
        "pothos",
        "tidy",
        "household",
        "potted-plant",
        ("绿萝盆栽", "Pothos in a pot"),
        ("1 盆", "1 pot"),
        ("带自吸水盆，一周浇一次。", "In a self-watering pot; water once a week."),
        ((1, 2280), (15, 1980)),
        80,
        _NO_REASON,
        7 * DAY,
        600,
    ),
)
