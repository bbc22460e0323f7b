import { fileURLToPath } from 'node:url'
import type { Files } from '@dynsrv/kit'

/** The files of the page, which stand in the package as the browser gets them, with their types. */
export const PAGE_ASSETS = {
  'causes.js': 'text/javascript; charset=utf-8',
  'change-log.js': 'text/javascript; charset=utf-8',
  'chart.js': 'text/javascript; charset=utf-8',
  'dom.js': 'text/javascript; charset=utf-8',
  'graph-labels.js': 'text/javascript; charset=utf-8',
  'graph.js': 'text/javascript; charset=utf-8',
  'member-panel.js': 'text/javascript; charset=utf-8',
  'member-rows.js': 'text/javascript; charset=utf-8',
  'member-table.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.svg': 'image/svg+xml',
  'svg.js': 'text/javascript; charset=utf-8',
  'tiles.js': 'text/javascript; charset=utf-8',
  'topologies.js': 'text/javascript; charset=utf-8',
  'units.js': 'text/javascript; charset=utf-8',
  'view.js': 'text/javascript; charset=utf-8',
} as const

/** Reads a file of the page. */
export function pageAsset(files: Files, name: string): Promise<Uint8Array> {
  return files.read(fileURLToPath(new URL(`../page/${name}`, import.meta.url)))
}
