"""The market: merchants, products, offers."""
