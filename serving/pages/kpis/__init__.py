"""The page about how well the closed loop works."""
