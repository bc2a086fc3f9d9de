"""One item, ordered period by period: our share of the best possible reward, beside a rule's."""
