// Other people's modules, out of the folder that fetch.sh filled.

import {createRequire} from "node:module";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

export function foreign(folder) {
    const require = createRequire(join(folder, "here.js"));
    return {
        path: name => require.resolve(name),
        async load(name) {
            const module = await import(pathToFileURL(require.resolve(name)));
            return module.default ?? module;
        },
        loadAll: name => import(pathToFileURL(require.resolve(name))),
    };
}
