export const placeholder = 'strategy'
