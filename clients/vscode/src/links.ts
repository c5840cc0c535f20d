/** Links in the Markdown that the server sends, made such that a preview follows them. */

import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The text with its `file:` links relative to a folder: a preview refuses absolute ones.
 *
 * A link to anything else but the web, such as a notebook's cell, becomes plain text.
 */
export function relativeLinks(markdown: string, folder: string): string {
  return markdown.replace(/\[([^\][]*)\]\(([a-z-]+):([^)\s]*)\)/g, (link, label: string, scheme: string) => {
    if (scheme === "http" || scheme === "https") {
      return link;
    }
    return scheme === "file" ? `[${label}](${path(link.slice(label.length + 3, -1), folder)})` : label;
  });
}

function path(uri: string, folder: string): string {
  const [file = "", fragment] = uri.split("#");
  const steps = relative(folder, fileURLToPath(file)).split(sep);
  const encoded = steps.map((step) => encodeURIComponent(step).replaceAll("(", "%28").replaceAll(")", "%29"));
  return encoded.join("/") + (fragment === undefined ? "" : `#${fragment}`);
}
