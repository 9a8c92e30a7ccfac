#include "model/country.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct country {
	char code[3];
	const char *names[LANGUAGES];
};

#define NAMED(code, en, ja)                                        \
	{                                                          \
		code,                                              \
		{                                                  \
			[LANGUAGE_EN] = (en), [LANGUAGE_JA] = (ja) \
		}                                                  \
	}

/* Sorted by code. */
static const struct country countries[] = {
	NAMED("AD", "Andorra", "アンドラ"),
	NAMED("AE", "United Arab Emirates", "アラブ首長国連邦"),
	NAMED("AF", "Afghanistan", "アフガニスタン"),
	NAMED("AG", "Antigua and Barbuda", "アンティグア・バーブーダ"),
	NAMED("AI", "Anguilla", "アンギラ"),
	NAMED("AL", "Albania", "アルバニア"),
	NAMED("AM", "Armenia", "アルメニア"),
	NAMED("AO", "Angola", "アンゴラ"),
	NAMED("AQ", "Antarctica", "南極"),
	NAMED("AR", "Argentina", "アルゼンチン"),
	NAMED("AS", "American Samoa", "米領サモア"),
	NAMED("AT", "Austria", "オーストリア"),
	NAMED("AU", "Australia", "オーストラリア"),
	NAMED("AW", "Aruba", "アルバ"),
	NAMED("AX", "Åland Islands", "オーランド諸島"),
	NAMED("AZ", "Azerbaijan", "アゼルバイジャン"),
	NAMED("BA", "Bosnia and Herzegovina", "ボスニア・ヘルツェゴビナ"),
	NAMED("BB", "Barbados", "バルバドス"),
	NAMED("BD", "Bangladesh", "バングラデシュ"),
	NAMED("BE", "Belgium", "ベルギー"),
	NAMED("BF", "Burkina Faso", "ブルキナファソ"),
	NAMED("BG", "Bulgaria", "ブルガリア"),
	NAMED("BH", "Bahrain", "バーレーン"),
	NAMED("BI", "Burundi", "ブルンジ"),
	NAMED("BJ", "Benin", "ベナン"),
	NAMED("BL", "Saint Barthélemy", "サン・バルテルミー"),
	NAMED("BM", "Bermuda", "バミューダ"),
	NAMED("BN", "Brunei", "ブルネイ"),
	NAMED("BO", "Bolivia", "ボリビア"),
	NAMED("BQ", "Caribbean Netherlands", "オランダ領カリブ"),
	NAMED("BR", "Brazil", "ブラジル"),
	NAMED("BS", "Bahamas", "バハマ"),
	NAMED("BT", "Bhutan", "ブータン"),
	NAMED("BV", "Bouvet Island", "ブーベ島"),
	NAMED("BW", "Botswana", "ボツワナ"),
	NAMED("BY", "Belarus", "ベラルーシ"),
	NAMED("BZ", "Belize", "ベリーズ"),
	NAMED("CA", "Canada", "カナダ"),
	NAMED("CC", "Cocos (Keeling) Islands", "ココス諸島"),
	NAMED("CD", "Democratic Republic of the Congo", "コンゴ民主共和国"),
	NAMED("CF", "Central African Republic", "中央アフリカ共和国"),
	NAMED("CG", "Republic of the Congo", "コンゴ共和国"),
	NAMED("CH", "Switzerland", "スイス"),
	NAMED("CI", "Côte d'Ivoire", "コートジボワール"),
	NAMED("CK", "Cook Islands", "クック諸島"),
	NAMED("CL", "Chile", "チリ"),
	NAMED("CM", "Cameroon", "カメルーン"),
	NAMED("CN", "China", "中国"),
	NAMED("CO", "Colombia", "コロンビア"),
	NAMED("CR", "Costa Rica", "コスタリカ"),
	NAMED("CU", "Cuba", "キューバ"),
	NAMED("CV", "Cabo Verde", "カーボベルデ"),
	NAMED("CW", "Curaçao", "キュラソー"),
	NAMED("CX", "Christmas Island", "クリスマス島"),
	NAMED("CY", "Cyprus", "キプロス"),
	NAMED("CZ", "Czechia", "チェコ"),
	NAMED("DE", "Germany", "ドイツ"),
	NAMED("DJ", "Djibouti", "ジブチ"),
	NAMED("DK", "Denmark", "デンマーク"),
	NAMED("DM", "Dominica", "ドミニカ国"),
	NAMED("DO", "Dominican Republic", "ドミニカ共和国"),
	NAMED("DZ", "Algeria", "アルジェリア"),
	NAMED("EC", "Ecuador", "エクアドル"),
	NAMED("EE", "Estonia", "エストニア"),
	NAMED("EG", "Egypt", "エジプト"),
	NAMED("EH", "Western Sahara", "西サハラ"),
	NAMED("ER", "Eritrea", "エリトリア"),
	NAMED("ES", "Spain", "スペイン"),
	NAMED("ET", "Ethiopia", "エチオピア"),
	NAMED("FI", "Finland", "フィンランド"),
	NAMED("FJ", "Fiji", "フィジー"),
	NAMED("FK", "Falkland Islands", "フォークランド諸島"),
	NAMED("FM", "Micronesia", "ミクロネシア連邦"),
	NAMED("FO", "Faroe Islands", "フェロー諸島"),
	NAMED("FR", "France", "フランス"),
	NAMED("GA", "Gabon", "ガボン"),
	NAMED("GB", "United Kingdom", "英国"),
	NAMED("GD", "Grenada", "グレナダ"),
	NAMED("GE", "Georgia", "ジョージア"),
	NAMED("GF", "French Guiana", "仏領ギアナ"),
	NAMED("GG", "Guernsey", "ガーンジー"),
	NAMED("GH", "Ghana", "ガーナ"),
	NAMED("GI", "Gibraltar", "ジブラルタル"),
	NAMED("GL", "Greenland", "グリーンランド"),
	NAMED("GM", "Gambia", "ガンビア"),
	NAMED("GN", "Guinea", "ギニア"),
	NAMED("GP", "Guadeloupe", "グアドループ"),
	NAMED("GQ", "Equatorial Guinea", "赤道ギニア"),
	NAMED("GR", "Greece", "ギリシャ"),
	NAMED("GS", "South Georgia and South Sandwich Islands",
	    "サウスジョージア・サウスサンドウィッチ諸島"),
	NAMED("GT", "Guatemala", "グアテマラ"),
	NAMED("GU", "Guam", "グアム"),
	NAMED("GW", "Guinea-Bissau", "ギニアビサウ"),
	NAMED("GY", "Guyana", "ガイアナ"),
	NAMED("HK", "Hong Kong", "香港"),
	NAMED("HM", "Heard and McDonald Islands", "ハード島・マクドナルド諸島"),
	NAMED("HN", "Honduras", "ホンジュラス"),
	NAMED("HR", "Croatia", "クロアチア"),
	NAMED("HT", "Haiti", "ハイチ"),
	NAMED("HU", "Hungary", "ハンガリー"),
	NAMED("ID", "Indonesia", "インドネシア"),
	NAMED("IE", "Ireland", "アイルランド"),
	NAMED("IL", "Israel", "イスラエル"),
	NAMED("IM", "Isle of Man", "マン島"),
	NAMED("IN", "India", "インド"),
	NAMED("IO", "British Indian Ocean Territory", "英領インド洋地域"),
	NAMED("IQ", "Iraq", "イラク"),
	NAMED("IR", "Iran", "イラン"),
	NAMED("IS", "Iceland", "アイスランド"),
	NAMED("IT", "Italy", "イタリア"),
	NAMED("JE", "Jersey", "ジャージー"),
	NAMED("JM", "Jamaica", "ジャマイカ"),
	NAMED("JO", "Jordan", "ヨルダン"),
	NAMED("JP", "Japan", "日本"),
	NAMED("KE", "Kenya", "ケニア"),
	NAMED("KG", "Kyrgyzstan", "キルギス"),
	NAMED("KH", "Cambodia", "カンボジア"),
	NAMED("KI", "Kiribati", "キリバス"),
	NAMED("KM", "Comoros", "コモロ"),
	NAMED(
	    "KN", "Saint Kitts and Nevis", "セントクリストファー・ネーヴィス"),
	NAMED("KP", "North Korea", "北朝鮮"),
	NAMED("KR", "Republic of Korea", "韓国"),
	NAMED("KW", "Kuwait", "クウェート"),
	NAMED("KY", "Cayman Islands", "ケイマン諸島"),
	NAMED("KZ", "Kazakhstan", "カザフスタン"),
	NAMED("LA", "Laos", "ラオス"),
	NAMED("LB", "Lebanon", "レバノン"),
	NAMED("LC", "Saint Lucia", "セントルシア"),
	NAMED("LI", "Liechtenstein", "リヒテンシュタイン"),
	NAMED("LK", "Sri Lanka", "スリランカ"),
	NAMED("LR", "Liberia", "リベリア"),
	NAMED("LS", "Lesotho", "レソト"),
	NAMED("LT", "Lithuania", "リトアニア"),
	NAMED("LU", "Luxembourg", "ルクセンブルク"),
	NAMED("LV", "Latvia", "ラトビア"),
	NAMED("LY", "Libya", "リビア"),
	NAMED("MA", "Morocco", "モロッコ"),
	NAMED("MC", "Monaco", "モナコ"),
	NAMED("MD", "Moldova", "モルドバ"),
	NAMED("ME", "Montenegro", "モンテネグロ"),
	NAMED("MF", "Saint Martin", "サン・マルタン"),
	NAMED("MG", "Madagascar", "マダガスカル"),
	NAMED("MH", "Marshall Islands", "マーシャル諸島"),
	NAMED("MK", "North Macedonia", "北マケドニア"),
	NAMED("ML", "Mali", "マリ"),
	NAMED("MM", "Myanmar", "ミャンマー"),
	NAMED("MN", "Mongolia", "モンゴル"),
	NAMED("MO", "Macao", "マカオ"),
	NAMED("MP", "Northern Mariana Islands", "北マリアナ諸島"),
	NAMED("MQ", "Martinique", "マルティニーク"),
	NAMED("MR", "Mauritania", "モーリタニア"),
	NAMED("MS", "Montserrat", "モントセラト"),
	NAMED("MT", "Malta", "マルタ"),
	NAMED("MU", "Mauritius", "モーリシャス"),
	NAMED("MV", "Maldives", "モルディブ"),
	NAMED("MW", "Malawi", "マラウイ"),
	NAMED("MX", "Mexico", "メキシコ"),
	NAMED("MY", "Malaysia", "マレーシア"),
	NAMED("MZ", "Mozambique", "モザンビーク"),
	NAMED("NA", "Namibia", "ナミビア"),
	NAMED("NC", "New Caledonia", "ニューカレドニア"),
	NAMED("NE", "Niger", "ニジェール"),
	NAMED("NF", "Norfolk Island", "ノーフォーク島"),
	NAMED("NG", "Nigeria", "ナイジェリア"),
	NAMED("NI", "Nicaragua", "ニカラグア"),
	NAMED("NL", "Netherlands", "オランダ"),
	NAMED("NO", "Norway", "ノルウェー"),
	NAMED("NP", "Nepal", "ネパール"),
	NAMED("NR", "Nauru", "ナウル"),
	NAMED("NU", "Niue", "ニウエ"),
	NAMED("NZ", "New Zealand", "ニュージーランド"),
	NAMED("OM", "Oman", "オマーン"),
	NAMED("PA", "Panama", "パナマ"),
	NAMED("PE", "Peru", "ペルー"),
	NAMED("PF", "French Polynesia", "仏領ポリネシア"),
	NAMED("PG", "Papua New Guinea", "パプアニューギニア"),
	NAMED("PH", "Philippines", "フィリピン"),
	NAMED("PK", "Pakistan", "パキスタン"),
	NAMED("PL", "Poland", "ポーランド"),
	NAMED("PM", "Saint Pierre and Miquelon", "サンピエール島・ミクロン島"),
	NAMED("PN", "Pitcairn Islands", "ピトケアン諸島"),
	NAMED("PR", "Puerto Rico", "プエルトリコ"),
	NAMED("PS", "Palestine", "パレスチナ"),
	NAMED("PT", "Portugal", "ポルトガル"),
	NAMED("PW", "Palau", "パラオ"),
	NAMED("PY", "Paraguay", "パラグアイ"),
	NAMED("QA", "Qatar", "カタール"),
	NAMED("RE", "Réunion", "レユニオン"),
	NAMED("RO", "Romania", "ルーマニア"),
	NAMED("RS", "Serbia", "セルビア"),
	NAMED("RU", "Russia", "ロシア"),
	NAMED("RW", "Rwanda", "ルワンダ"),
	NAMED("SA", "Saudi Arabia", "サウジアラビア"),
	NAMED("SB", "Solomon Islands", "ソロモン諸島"),
	NAMED("SC", "Seychelles", "セーシェル"),
	NAMED("SD", "Sudan", "スーダン"),
	NAMED("SE", "Sweden", "スウェーデン"),
	NAMED("SG", "Singapore", "シンガポール"),
	NAMED("SH", "Saint Helena", "セントヘレナ"),
	NAMED("SI", "Slovenia", "スロベニア"),
	NAMED(
	    "SJ", "Svalbard and Jan Mayen", "スバールバル諸島・ヤンマイエン島"),
	NAMED("SK", "Slovakia", "スロバキア"),
	NAMED("SL", "Sierra Leone", "シエラレオネ"),
	NAMED("SM", "San Marino", "サンマリノ"),
	NAMED("SN", "Senegal", "セネガル"),
	NAMED("SO", "Somalia", "ソマリア"),
	NAMED("SR", "Suriname", "スリナム"),
	NAMED("SS", "South Sudan", "南スーダン"),
	NAMED("ST", "São Tomé and Príncipe", "サントメ・プリンシペ"),
	NAMED("SV", "El Salvador", "エルサルバドル"),
	NAMED("SX", "Sint Maarten", "シント・マールテン"),
	NAMED("SY", "Syria", "シリア"),
	NAMED("SZ", "Eswatini", "エスワティニ"),
	NAMED("TC", "Turks and Caicos Islands", "タークス・カイコス諸島"),
	NAMED("TD", "Chad", "チャド"),
	NAMED("TF", "French Southern Territories", "仏領極南諸島"),
	NAMED("TG", "Togo", "トーゴ"),
	NAMED("TH", "Thailand", "タイ"),
	NAMED("TJ", "Tajikistan", "タジキスタン"),
	NAMED("TK", "Tokelau", "トケラウ"),
	NAMED("TL", "Timor-Leste", "東ティモール"),
	NAMED("TM", "Turkmenistan", "トルクメニスタン"),
	NAMED("TN", "Tunisia", "チュニジア"),
	NAMED("TO", "Tonga", "トンガ"),
	NAMED("TR", "Türkiye", "トルコ"),
	NAMED("TT", "Trinidad and Tobago", "トリニダード・トバゴ"),
	NAMED("TV", "Tuvalu", "ツバル"),
	NAMED("TW", "Taiwan", "台湾"),
	NAMED("TZ", "Tanzania", "タンザニア"),
	NAMED("UA", "Ukraine", "ウクライナ"),
	NAMED("UG", "Uganda", "ウガンダ"),
	NAMED("UM", "U.S. Outlying Islands", "米領小離島"),
	NAMED("US", "United States", "米国"),
	NAMED("UY", "Uruguay", "ウルグアイ"),
	NAMED("UZ", "Uzbekistan", "ウズベキスタン"),
	NAMED("VA", "Vatican City", "バチカン"),
	NAMED("VC", "Saint Vincent and Grenadines",
	    "セントビンセント及びグレナディーン諸島"),
	NAMED("VE", "Venezuela", "ベネズエラ"),
	NAMED("VG", "British Virgin Islands", "英領ヴァージン諸島"),
	NAMED("VI", "U.S. Virgin Islands", "米領ヴァージン諸島"),
	NAMED("VN", "Vietnam", "ベトナム"),
	NAMED("VU", "Vanuatu", "バヌアツ"),
	NAMED("WF", "Wallis and Futuna", "ウォリス・フツナ"),
	NAMED("WS", "Samoa", "サモア"),
	NAMED("YE", "Yemen", "イエメン"),
	NAMED("YT", "Mayotte", "マヨット"),
	NAMED("ZA", "South Africa", "南アフリカ"),
	NAMED("ZM", "Zambia", "ザンビア"),
	NAMED("ZW", "Zimbabwe", "ジンバブエ"),
};

enum { COUNTRIES = sizeof(countries) / sizeof(countries[0]) };

static_assert(COUNTRIES == 249, "ISO 3166-1 assigns 249 codes");

static int
compare(const void *code, const void *country)
{
	return strcmp(code, ((const struct country *)country)->code);
}

static const struct country *
find(const char *code)
{
	return bsearch(
	    code, countries, COUNTRIES, sizeof(countries[0]), compare);
}

bool
country_known(const char *code)
{
	return find(code) != NULL;
}

const char *
country_name(const char *code, enum language language)
{
	const struct country *country = find(code);

	return country != NULL ? country->names[language] : NULL;
}

const char *
country_meant(const char *text)
{
	for (size_t i = 0; i < COUNTRIES; i++) {
		if (text_equal_nocase(text, countries[i].code))
			return countries[i].code;
		for (size_t j = 0; j < LANGUAGES; j++)
			if (text_equal_nocase(text, countries[i].names[j]))
				return countries[i].code;
	}
	return NULL;
}

const char *
country_nearest(const char *text)
{
	enum { SHORTEST_NAME = 4 };
	const char *names[COUNTRIES * LANGUAGES + 1] = { NULL };
	const char *name;
	const char *meant = country_meant(text);

	/* Codes are all near to each other: a wrong one says nothing. */
	if (meant != NULL || strlen(text) < SHORTEST_NAME)
		return meant;
	for (size_t i = 0; i < COUNTRIES; i++)
		for (size_t j = 0; j < LANGUAGES; j++)
			names[i * LANGUAGES + j] = countries[i].names[j];
	name = text_nearest(text, names);
	return name != NULL ? country_meant(name) : NULL;
}
