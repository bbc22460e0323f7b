import { readFile } from 'node:fs/promises'

/** The files of the page, which stand in the package as the browser gets them. */
export type PageAsset = 'page.css' | 'page.js' | 'graph.js' | 'page.svg'

/** Reads a file of the page. */
export function pageAsset(name: PageAsset): Promise<Buffer> {
  return readFile(new URL(`../page/${name}`, import.meta.url))
}
