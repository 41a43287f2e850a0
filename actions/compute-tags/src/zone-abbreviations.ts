/**
 * What clocks are called: the letters that the time-zone database gives for an offset of a zone ("CET" at 60 minutes). Zones that
 * are not here have numbers for a name, "+03". Intl cannot tell: for Asia/Tokyo it says "GMT+9". Taken from the database's release
 * 2026b, for the years from 2024 on. A line of clocks stands over the regions and zones that have them; `-` is no region.
 */
const ABBREVIATIONS = `
CET 60, CEST 120
  Africa: Ceuta
  Arctic: Longyearbyen
  Atlantic: Jan_Mayen
  -: CET MET Poland
  Europe: Amsterdam Andorra Belgrade Berlin Bratislava Brussels Budapest Busingen Copenhagen Gibraltar
  Europe: Ljubljana Luxembourg Madrid Malta Monaco Oslo Paris Podgorica Prague Rome San_Marino Sarajevo Skopje
  Europe: Stockholm Tirane Vaduz Vatican Vienna Warsaw Zagreb Zurich
GMT 0
  Africa: Abidjan Accra Bamako Banjul Bissau Conakry Dakar Freetown Lome Monrovia Nouakchott Ouagadougou
  Africa: Sao_Tome Timbuktu
  America: Danmarkshavn
  Atlantic: Reykjavik St_Helena
  Etc: GMT GMT+0 GMT-0 GMT0 Greenwich
  -: GMT GMT+0 GMT-0 GMT0 Greenwich Iceland
EST -300, EDT -240
  America: Detroit Fort_Wayne Grand_Turk Indiana/Indianapolis Indiana/Marengo Indiana/Petersburg Indiana/Vevay
  America: Indiana/Vincennes Indiana/Winamac Indianapolis Iqaluit Kentucky/Louisville Kentucky/Monticello
  America: Louisville Montreal Nassau New_York Nipigon Pangnirtung Port-au-Prince Thunder_Bay Toronto
  Canada: Eastern
  -: EST5EDT
  US: East-Indiana Eastern Michigan
AST -240
  America: Anguilla Antigua Aruba Barbados Blanc-Sablon Curacao Dominica Grenada Guadeloupe Kralendijk
  America: Lower_Princes Marigot Martinique Montserrat Port_of_Spain Puerto_Rico Santo_Domingo St_Barthelemy
  America: St_Kitts St_Lucia St_Thomas St_Vincent Tortola Virgin
EET 120, EEST 180
  Africa: Cairo
  Asia: Beirut Famagusta Gaza Hebron Nicosia
  -: EET Egypt
  Europe: Athens Bucharest Chisinau Helsinki Kiev Kyiv Mariehamn Nicosia Riga Sofia Tallinn Tiraspol Uzhgorod
  Europe: Vilnius Zaporozhye
CST -360, CDT -300
  America: Chicago Indiana/Knox Indiana/Tell_City Knox_IN Matamoros Menominee North_Dakota/Beulah
  America: North_Dakota/Center North_Dakota/New_Salem Ojinaga Rainy_River Rankin_Inlet Resolute Winnipeg
  -: CST6CDT
  Canada: Central
  US: Central Indiana-Starke
CST -360
  America: Bahia_Banderas Belize Chihuahua Costa_Rica El_Salvador Guatemala Managua Merida Mexico_City
  America: Monterrey Regina Swift_Current Tegucigalpa
  Canada: Saskatchewan
  Mexico: General
MST -420, MDT -360
  America: Boise Cambridge_Bay Ciudad_Juarez Denver Edmonton Inuvik Shiprock Yellowknife
  Canada: Mountain
  -: MST7MDT Navajo
  US: Mountain
MST -420
  America: Creston Dawson Dawson_Creek Fort_Nelson Hermosillo Mazatlan Phoenix Whitehorse
  Canada: Yukon
  -: MST
  Mexico: BajaSur
  US: Arizona
EAT 180
  Africa: Addis_Ababa Asmara Asmera Dar_es_Salaam Djibouti Kampala Mogadishu Nairobi
  Indian: Antananarivo Comoro Mayotte
WAT 60
  Africa: Bangui Brazzaville Douala Kinshasa Lagos Libreville Luanda Malabo Ndjamena Niamey Porto-Novo
CAT 120
  Africa: Blantyre Bujumbura Gaborone Harare Juba Khartoum Kigali Lubumbashi Lusaka Maputo Windhoek
AEST 600, AEDT 660
  Antarctica: Macquarie
  Australia: ACT Canberra Currie Hobart Melbourne NSW Sydney Tasmania Victoria
PST -480, PDT -420
  America: Ensenada Los_Angeles Santa_Isabel Tijuana Vancouver
  Canada: Pacific
  Mexico: BajaNorte
  -: PST8PDT
  US: Pacific
CST 480
  Asia: Chongqing Chungking Harbin Macao Macau Shanghai Taipei
  -: PRC ROC
EST -300
  America: Atikokan Cancun Cayman Coral_Harbour Jamaica Panama
  -: EST Jamaica
UTC 0
  Etc: UCT UTC Universal Zulu
  -: UCT UTC Universal Zulu
AKST -540, AKDT -480
  America: Anchorage Juneau Metlakatla Nome Sitka Yakutat
  US: Alaska
AST -240, ADT -180
  America: Glace_Bay Goose_Bay Halifax Moncton Thule
  Atlantic: Bermuda
  Canada: Atlantic
WET 0, WEST 60
  Atlantic: Canary Faeroe Faroe Madeira
  Europe: Lisbon
  -: Portugal WET
GMT 0, BST 60
  Europe: Belfast Guernsey Isle_of_Man Jersey London
  -: GB GB-Eire
MSK 180
  Europe: Kirov Moscow Simferopol Volgograd
  -: W-SU
NZST 720, NZDT 780
  Antarctica: McMurdo South_Pole
  -: NZ
  Pacific: Auckland
ACST 570, ACDT 630
  Australia: Adelaide Broken_Hill South Yancowinna
HST -600
  -: HST
  Pacific: Honolulu Johnston
  US: Hawaii
SST -660
  Pacific: Midway Pago_Pago Samoa
  US: Samoa
SAST 120
  Africa: Johannesburg Maseru Mbabane
EET 120
  Africa: Tripoli
  Europe: Kaliningrad
  -: Libya
HST -600, HDT -540
  America: Adak Atka
  US: Aleutian
IST 120, IDT 180
  Asia: Jerusalem Tel_Aviv
  -: Israel
KST 540
  Asia: Pyongyang Seoul
  -: ROK
AEST 600
  Australia: Brisbane Lindeman Queensland
CET 60
  Africa: Algiers Tunis
CST -300, CDT -240
  America: Havana
  -: Cuba
NST -210, NDT -150
  America: St_Johns
  Canada: Newfoundland
IST 330
  Asia: Calcutta Kolkata
HKT 480
  Asia: Hong_Kong
  -: Hongkong
WIB 420
  Asia: Jakarta Pontianak
WITA 480
  Asia: Makassar Ujung_Pandang
JST 540
  Asia: Tokyo
  -: Japan
ACST 570
  Australia: Darwin North
AWST 480
  Australia: Perth West
GMT 0, IST 60
  -: Eire
  Europe: Dublin
ChST 600
  Pacific: Guam Saipan
WIT 540
  Asia: Jayapura
PKT 300
  Asia: Karachi
PST 480
  Asia: Manila
`

/** The letters for a zone's clock at an offset (minutes east of Greenwich), else the offset in digits. */
export function zoneAbbreviation(zone: string, offset: number): string {
  const clock = clocksOf(zone.toLowerCase()).find(each => each.endsWith(` ${offset}`))
  return clock === undefined ? offsetDigits(offset) : (clock.split(' ')[0] ?? '')
}

function clocksOf(zone: string): readonly string[] {
  let clocks = ''
  for (const line of ABBREVIATIONS.trim().split('\n')) {
    if (!line.startsWith(' ')) clocks = line
    else if (zoneNames(line).includes(zone)) return clocks.split(', ')
  }
  return []
}

function zoneNames(line: string): string[] {
  const [region = '', names = ''] = line.trim().split(': ')
  return names.split(' ').map(name => (region === '-' ? name : `${region}/${name}`).toLowerCase())
}

/** `+03`, `-0930`. */
function offsetDigits(offset: number): string {
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const two = (part: number) => String(part).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(hours)}${minutes === 0 ? '' : two(minutes)}`
}
