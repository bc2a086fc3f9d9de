"""Speed and memory: from 1,000 SKUs to a marketplace, stage by stage, beside peers."""
