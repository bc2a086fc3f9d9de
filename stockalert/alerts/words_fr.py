"""Alerts in French."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS: dict[str, str] = {
    "thousands": "\u202f",
    "decimal": ",",
    "date": "%d/%m/%Y",
    "product": "{name} ({sku})",
    "place": " à {location}",
    "state": "{on_hand} en stock, {on_order} en commande, seuil de commande {reorder_point}, "
    "délai {lead_time} jours.",
    "reorder_now": "{product}{place} a atteint son seuil de commande : {state}",
    "reorder_now.do": "Commander {order_quantity} chez {supplier} avant le {order_by}.",
    "reorder_now.do_none": "Vérifier avec {supplier} s'il faut commander avant le {order_by}.",
    "stockout_risk_before_arrival": "{product}{place} risque d'être épuisé avant la livraison "
    "(probabilité {chance}) : {state}",
    "stockout_risk_before_arrival.do": "Demander à {supplier} une livraison plus proche{contact}, "
    "transférer du stock ou proposer un substitut.",
    "stockout_risk_before_arrival.do_order": "Commander {order_quantity} chez {supplier} "
    "maintenant et demander une livraison rapide{contact}.",
    "stocked_out": "{product}{place} est épuisé : {state}",
    "stocked_out.do": "Le retirer des promotions ou proposer un substitut ; {order_now}",
    "order_now": "commander {order_quantity} chez {supplier} maintenant.",
    "order_waits": "attendre ce qui est en commande.",
    "order_nothing": "aucune commande n'est proposée : voir order_note dans thresholds.",
    "order_late": "Une commande de {product}{place} est en retard : {state}",
    "order_late.do": "Demander à {supplier} quand elle arrive{contact} et corriger la date prévue.",
    "demand_spike": "{product}{place} est plus demandé que d'habitude : {state}",
    "demand_spike.do": "En chercher la cause (promotion, presse, prix erroné) et augmenter la "
    "commande si cela dure.",
    "overstock": "{product}{place} a plus de stock qu'il n'en faut, {cover} jours de couverture : "
    "{state}",
    "overstock.do": "Ne plus commander ; envisager une baisse de prix, un transfert ou un retour "
    "de {units} unités.",
    "obsolescence_risk": "{product}{place} risque de ne pas se vendre à temps ({units} unités de "
    "reste) : {state}",
    "obsolescence_risk.do": "Baisser le prix ou le déplacer tant qu'il se vend ; ne plus "
    "commander.",
    "supplier_disrupted": "Le fournisseur {supplier} ne livre pas normalement. {muted} alertes sur "
    "ses produits sont retenues.",
    "supplier_disrupted.do": "Demander une date à {supplier}{contact} ; commander ailleurs "
    "l'essentiel.",
    "data_stale": "Les données sont anciennes. {problem}",
    "data_stale.do": "Vérifier l'export nocturne des ventes et du stock : les seuils ne suivent "
    "plus.",
    "model_degraded": "La prévision est moins sûre qu'elle ne le dit. {problem}",
    "model_degraded.do": "Regarder la couverture des groupes et réentraîner.",
    "problem": " Problème : {problem}.",
    "problem.late": "{units} unités commandées ont {days} jours de retard",
    "problem.disrupted": "le fournisseur {supplier} est perturbé{until}",
    "problem.until": " jusqu'au {day}",
    "problem.slow": "{late} des {lines} commandes ouvertes du fournisseur {supplier} sont en "
    "retard",
    "problem.sales": "{recent} vendus en {days} jours, {usual} d'habitude",
    "problem.views": "{recent} vues en {days} jours, {usual} d'habitude",
    "problem.stale_sales": "Les dernières ventes datent du {day}, il y a {age} jours",
    "problem.stale_stock": "Le dernier stock date du {day}, {age} jours avant les dernières ventes",
    "problem.coverage": "{share} des produits sont dans des groupes dont la demande dépasse leur "
    "quantile plus souvent que prévu, de {gap} points en moyenne",
    "contact": " ({email})",
    "no_contact": " (sans adresse électronique)",
    "no_supplier": "un fournisseur (aucun n'est connu)",
    "no_date": "la prochaine occasion",
    "unknown": "inconnu",
}
