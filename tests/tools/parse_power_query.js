// Parse Power Query files with the parser of Microsoft; exit with 1 at the first file with an error.
"use strict";
const fs = require("fs");
const { DefaultSettings, TaskUtils } = require("@microsoft/powerquery-parser");

(async () => {
    for (const path of process.argv.slice(2)) {
        const task = await TaskUtils.tryLexParse(DefaultSettings, fs.readFileSync(path, "utf-8"));
        if (!TaskUtils.isParseStageOk(task)) {
            console.error(`${path}: ${task.error ? task.error.message : "cannot be parsed"}`);
            process.exit(1);
        }
        console.log(`${path}: ${task.nodeIdMapCollection.astNodeById.size} nodes`);
    }
})();
