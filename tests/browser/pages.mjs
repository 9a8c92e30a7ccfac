// Opens pages in Chromium and tells what is wrong with them.
//
//     node pages.mjs FOLDER <PLAN >RESULTS
//
// FOLDER is what fetch.sh filled. PLAN and RESULTS are JSON (look_plan.py). A
// page goes nowhere but to files: whatever else it asks for is told.

import {copyFileSync, existsSync, mkdirSync, readFileSync, rmSync,
    writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";
import {foreign} from "./foreign.mjs";
import {enlargeText, measureImages, measureWidth, readPreheader} from
    "./in_page.mjs";
import {Pictures} from "./picture.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
    "best-practice"];
// References stay small: of long pages the upper part, but for those asked whole.
const MOST_PX = 2000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars",
    "--disable-lcd-text", "--font-render-hinting=none",
    "--force-color-profile=srgb", "--disable-crash-reporter",
    "--disable-dev-shm-usage", "--allow-file-access-from-files"];

const folder = process.argv[2];
const plan = JSON.parse(readFileSync(0, "utf8"));
const modules = foreign(folder);
const axe = readFileSync(modules.path("axe-core"), "utf8");
const pictures = new Pictures(await modules.load("upng-js"),
    await modules.load("pixelmatch"));

async function guard(page, job, requests) {
    await page.setRequestInterception(true);
    page.on("request", request => {
        const local = /^(file|data|about):/.test(request.url());
        if (!local)
            requests.push(request.url());
        if (!local || job.blocked && request.resourceType() === "image")
            request.abort();
        else
            request.continue();
    });
}

async function runAxe(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(rules =>
        window.axe.run(document, {runOnly: {type: "tag", values: rules},
            resultTypes: ["violations"]}), RULES);
    return found.violations.flatMap(v => v.nodes.map(node =>
        `${v.id}: ${node.target.join(" ")}: ` +
        node.failureSummary.replaceAll(/\s+/g, " ")));
}

// The picture as it is now; then its half beside the reference.
async function takePicture(page, job) {
    const taken = join(plan.pictures, `${job.name}.png`);
    const reference = join(plan.references, `${job.reference}.png`);
    const shown = join(plan.pictures, `${job.name}.difference.png`);
    const height = await page.evaluate(
        () => document.documentElement.scrollHeight);
    const bytes = await page.screenshot({path: taken,
        captureBeyondViewport: true, clip: {x: 0, y: 0, width: job.width,
            height: job.whole ? height : Math.min(height, MOST_PX)}});
    rmSync(shown, {force: true});
    const half = pictures.halve(pictures.decode(bytes));
    if (plan.update && job.reference === job.name) {
        const same = existsSync(reference) &&
            !pictures.compare(half, pictures.read(reference));
        if (!same)
            pictures.write(reference, half);
        return null;
    }
    if (!existsSync(reference))
        return `${taken}: there is no reference ${reference}`;
    const found = pictures.compare(half, pictures.read(reference));
    if (!found)
        return null;
    if (found.difference)
        pictures.write(shown, found.difference, 0);
    else
        copyFileSync(taken, shown);
    return `${job.name}.png ${found.what}: see ${shown}, now ${taken}, ` +
        `reference ${reference}`;
}

async function look(browser, job) {
    const page = await browser.newPage();
    const requests = [];
    await guard(page, job, requests);
    await page.emulateMediaFeatures([
        {name: "prefers-color-scheme", value: job.scheme}]);
    await page.setViewport({width: job.width, height: 800});
    await page.goto(pathToFileURL(job.file).href, {waitUntil: "load"});
    if (job.text !== 1)
        await page.evaluate(enlargeText, job.text);
    const result = {name: job.name, requests,
        width: await page.evaluate(measureWidth),
        images: await page.evaluate(measureImages),
        preheader: await page.evaluate(readPreheader),
        violations: job.axe ? await runAxe(page) : [],
        difference: job.picture ? await takePicture(page, job) : null};
    await page.close();
    return result;
}

mkdirSync(plan.pictures, {recursive: true});
const fonts = join(plan.pictures, "../fonts.conf");
writeFileSync(fonts, readFileSync(join(dirname(
    fileURLToPath(import.meta.url)), "fonts.conf"), "utf8").replace(
    "@CACHE@", join(plan.pictures, "../fontcache")));
const puppeteer = await modules.load("puppeteer-core");
const results = [];
const waiting = [...plan.jobs];

// A browser draws only the page that is in front, so each has one at a time.
async function work() {
    const browser = await puppeteer.launch({
        executablePath: plan.chromium, args: FLAGS, protocolTimeout: 60000,
        env: {...process.env, FONTCONFIG_FILE: fonts, LANG: "C.UTF-8"},
    });
    try {
        for (let job; (job = waiting.shift());)
            results.push(await look(browser, job));
    } finally {
        await browser.close();
    }
}

await Promise.all(Array.from({length: plan.browsers}, work));
process.stdout.write(JSON.stringify(results));
