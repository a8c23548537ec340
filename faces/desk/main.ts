import { placeholder } from '@/shared/placeholder'

void placeholder('碳普惠 · 工作台')
