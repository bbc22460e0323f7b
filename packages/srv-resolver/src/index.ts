export const placeholder = 'srv-resolver'
