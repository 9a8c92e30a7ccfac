// What is asked of a page from inside. These functions run in Chromium: they
// use nothing from around them.

// Letters `factor` times as large, as a browser's "text only" zoom makes them.
export function enlargeText(factor) {
    const all = [...document.querySelectorAll("body, body *")];
    const sizes = all.map(e => parseFloat(getComputedStyle(e).fontSize));
    all.forEach((e, i) => e.style.setProperty("font-size",
        `${sizes[i] * factor}px`, "important"));
}

// How wide the page is, and what stands out of the window.
export function measureWidth() {
    const room = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll("body *")].filter(e => {
        const box = e.getBoundingClientRect();
        return box.width > 1 && box.height > 1 && box.right > room + 1;
    });
    return {
        room, needed: document.documentElement.scrollWidth,
        out: out.slice(0, 5).map(e => `<${e.localName}> ` +
            `${Math.round(e.getBoundingClientRect().right)} px: ` +
            e.textContent.trim().slice(0, 40)),
    };
}

// The pictures: their size, and how well the words in their place can be read.
export function measureImages() {
    function channels(colour) {
        return colour.match(/[\d.]+/g).map(Number);
    }
    function light(colour) {
        const [r, g, b] = channels(colour).map(c => c / 255).map(
            c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    function ground(e) {
        for (; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (channels(colour)[3] !== 0)
                return colour;
        }
        return "rgb(255, 255, 255)";
    }
    return [...document.images].map(image => {
        const box = image.getBoundingClientRect();
        const style = getComputedStyle(image);
        const one = light(style.color), two = light(ground(image));
        return {
            alt: image.alt, loaded: image.naturalWidth > 0,
            width: box.width, height: box.height,
            fontSize: parseFloat(style.fontSize),
            contrast: (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05),
        };
    });
}

// The first thing in a mail: what its list shows behind the subject.
export function readPreheader() {
    const first = document.body.firstElementChild;
    const box = first.getBoundingClientRect();
    return {text: first.textContent.trim(), seen: box.width * box.height};
}
