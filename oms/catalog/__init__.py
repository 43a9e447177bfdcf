"""SKUs, barcodes, bundles, price policy, channel listings."""
