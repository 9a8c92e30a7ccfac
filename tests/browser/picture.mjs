// Pictures of pages: made half as large, kept as small PNG files, compared.
//
// A picture differs from its reference when its size does, or when in some
// square of BLOCK pixels more than BLOCK_SHARE of them have another colour or
// the mean of all is another one by MEAN of 255. So edges of letters that another
// release of Chromium draws a little otherwise count for nothing; a column that
// moved, a picture that is lost or a colour that is another one is seen.

import {readFileSync, writeFileSync} from "node:fs";

const COLOURS = 256;
const PIXEL = 0.125;
const BLOCK = 8;
const BLOCK_SHARE = 0.2;
const MEAN = 6;

export class Pictures {
    constructor(upng, pixelmatch) {
        this.upng = upng;
        this.pixelmatch = pixelmatch;
    }

    decode(bytes) {
        const image = this.upng.decode(bytes);
        return {width: image.width, height: image.height,
            data: new Uint8Array(this.upng.toRGBA8(image)[0])};
    }

    read(path) {
        return this.decode(readFileSync(path));
    }

    write(path, {width, height, data}, colours = COLOURS) {
        writeFileSync(path, Buffer.from(
            this.upng.encode([data.buffer], width, height, colours)));
    }

    // Half as wide and high: each pixel the mean of four.
    halve({width, height, data}) {
        const half = {width: width >> 1, height: height >> 1};
        const out = new Uint8Array(half.width * half.height * 4);
        let at = 0;
        for (let y = 0; y < half.height; y++)
            for (let x = 0; x < half.width; x++) {
                const one = (2 * y * width + 2 * x) * 4;
                const two = one + width * 4;
                for (let c = 0; c < 4; c++)
                    out[at++] = data[one + c] + data[one + 4 + c] +
                        data[two + c] + data[two + 4 + c] + 2 >> 2;
            }
        return {...half, data: out};
    }

    // In words what is different, or null; then `difference` shows where.
    compare(now, then) {
        if (now.width !== then.width || now.height !== then.height)
            return {what: `is ${now.width} x ${now.height}, was ` +
                `${then.width} x ${then.height} (of half size)`};
        const {width, height} = now;
        const shown = new Uint8Array(width * height * 4);
        this.pixelmatch(now.data, then.data, shown, width, height,
            {threshold: PIXEL, includeAA: true, alpha: 0.3,
                diffColor: [255, 0, 0], aaColor: [255, 0, 0]});
        const blocks = this.#blocks(shown, now.data, then.data, width, height);
        if (blocks.length === 0)
            return null;
        const [x, y] = blocks[0];
        return {
            what: `${blocks.length} squares differ, the first at ` +
                `${2 * x}, ${2 * y}`,
            difference: {width, height, data: shown},
        };
    }

    #blocks(shown, now, then, width, height) {
        const found = [];
        for (let y = 0; y < height; y += BLOCK)
            for (let x = 0; x < width; x += BLOCK) {
                const w = Math.min(BLOCK, width - x);
                const h = Math.min(BLOCK, height - y);
                const sum = [0, 0, 0];
                let red = 0;
                for (let j = 0; j < h; j++)
                    for (let i = 0; i < w; i++) {
                        const at = ((y + j) * width + x + i) * 4;
                        red += shown[at] === 255 && shown[at + 1] === 0;
                        for (let c = 0; c < 3; c++)
                            sum[c] += now[at + c] - then[at + c];
                    }
                if (red > w * h * BLOCK_SHARE ||
                    sum.some(s => Math.abs(s) > w * h * MEAN))
                    found.push([x, y]);
            }
        return found;
    }
}
