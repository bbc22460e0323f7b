/** Whether a node lives for one command of ours only: it never registers, and `doctor` goes away before it has proved itself. */
export function isThrowAway(name: string): boolean {
  return /^dynsrv-[0-9a-f]{8}@/i.test(name)
}
