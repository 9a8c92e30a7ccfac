// What caniemail says of mails: which of their HTML and CSS which mail programs
// do not know.
//
//     node mail_lint.mjs FOLDER CLIENT,CLIENT… FILE…
//
// FOLDER is what fetch.sh filled. Prints one JSON array of findings: file, line,
// feature, client, notes. What is supported in part is not a finding.

import {readFileSync} from "node:fs";
import {foreign} from "./foreign.mjs";

const [folder, clients, ...files] = process.argv.slice(2);
const {caniemail} = await foreign(folder).loadAll("caniemail");

function findings(file) {
    const {issues} = caniemail({
        clients: clients.split(","),
        html: readFileSync(file, "utf8"),
    });
    return [...issues.errors].flatMap(([client, list]) => list.map(issue => ({
        file, client,
        line: issue.position?.start?.line ?? 0,
        feature: issue.title,
        notes: issue.notes ?? [],
    })));
}

process.stdout.write(JSON.stringify(files.flatMap(findings)));
