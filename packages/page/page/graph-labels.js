// Where the names of a picture stand: none lies on another, and a link runs through one only where there is no other place.

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */
/** @typedef {{ x: number, y: number }} Point */
/**
 * @typedef {object} Wanted
 * @property {string} name
 * @property {number} x of the dot that it belongs to
 * @property {number} y
 * @property {number} size radius of that dot
 * @property {number} width
 * @property {number} height
 */
/**
 * @typedef {object} Surroundings
 * @property {number} width of the picture
 * @property {number} height
 * @property {readonly Box[]} taken where nothing may stand
 * @property {readonly Point[]} links points on the links
 * @property {readonly Box[]} dots all dots
 */

const GAP = 5

/**
 * Finds a place for each name, the most wanted first. Names for which there is none are left out.
 *
 * @param {readonly Wanted[]} wanted
 * @param {Surroundings} around
 * @returns {Map<string, Box>}
 */
export function placeLabels(wanted, { width, height, taken, links, dots }) {
  /** @type {Map<string, Box>} */
  const placed = new Map()
  const full = [...taken]
  for (const label of wanted) {
    let best
    let least = Number.POSITIVE_INFINITY
    for (const box of placesFor(label, width / 2, height / 2)) {
      if (box.left < 0 || box.right > width || box.top < 0 || box.bottom > height) continue
      if (full.some((other) => meet(box, other))) continue
      const covered = dots.filter((dot) => meet(box, dot)).length
      const crossed = links.filter(({ x, y }) => x > box.left && x < box.right && y > box.top && y < box.bottom).length
      const cost = covered * 20 + crossed
      if (cost >= least) continue
      least = cost
      best = box
    }
    if (best === undefined) continue
    full.push(best)
    placed.set(label.name, best)
  }
  return placed
}

/**
 * Below, above and beside the dot; away from the middle first, as the link comes from there.
 *
 * @param {Wanted} label
 * @param {number} middleX
 * @param {number} middleY
 * @returns {Box[]}
 */
function placesFor({ x, y, size, width, height }, middleX, middleY) {
  const reach = size + GAP
  /** @param {number} left @param {number} top */
  const box = (left, top) => ({ left, top, right: left + width, bottom: top + height })
  const below = box(x - width / 2, y + reach)
  const above = box(x - width / 2, y - reach - height)
  const right = box(x + reach, y - height / 2)
  const left = box(x - reach - width, y - height / 2)
  const outward = x < middleX ? [left, right] : [right, left]
  const upDown = y < middleY ? [above, below] : [below, above]
  const slid = [-0.3, 0.3].flatMap((part) => upDown.map((at) => box(at.left + part * width, at.top)))
  return [...upDown, ...outward, ...slid]
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function meet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
